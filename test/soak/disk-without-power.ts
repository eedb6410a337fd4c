/** A disk whose power a test cuts: ext4 that is shut down with its journal unwritten, and mounted again. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { on } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { requireOwnMounts } from './own-mounts.ts'

/** Cuts the power of a mount after so many microseconds; answers when it is ready to and when it has. */
const cutter = `
  const { parentPort } = require('node:worker_threads')
  const { closeSync, openSync } = require('node:fs')
  const koffi = require('koffi')
  const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, const uint32_t *flags)')
  const [shutdown, withoutLogFlush] = [0x8004587d, 2]
  parentPort.on('message', ({ directory, afterUs }) => {
    const fd = openSync(directory, 'r')
    parentPort.postMessage('ready')
    const end = process.hrtime.bigint() + BigInt(afterUs) * 1000n
    while (process.hrtime.bigint() < end);
    const result = ioctl(fd, shutdown, [withoutLogFlush])
    closeSync(fd)
    parentPort.postMessage(result)
  })`

/** Not yet mounted; its image is in memory, where a sync costs little. */
export interface DiskWithoutPower {
  /** Where it is mounted. */
  at: string
  /** A directory that keeps its power. */
  beside: string
  mount(): void
  unmount(): void
  /** Cuts the power after so many microseconds; resolves when that time begins. */
  cutAfter(us: number): Promise<void>
  /** Resolves when the power is cut. */
  isCut(): Promise<void>
}

/** Makes one that is removed after the test. Needs root and a loop device. */
export function createDisk(t: TestContext): DiskWithoutPower {
  requireOwnMounts()
  const beside = mkdtempSync('/dev/shm/cms-oauth-')
  t.after(() => rmSync(beside, { recursive: true }))
  const image = join(beside, 'disk')
  const at = join(beside, 'mounted')
  mkdirSync(at)
  execFileSync('truncate', ['--size=16M', image])
  execFileSync('mkfs.ext4', ['-q', image])
  const worker = new Worker(cutter, { eval: true })
  t.after(() => worker.terminate())
  const answers = on(worker, 'message')
  const answer = async () => ((await answers.next()).value as unknown[])[0]
  return {
    at,
    beside,
    mount: () => execFileSync('mount', ['-o', 'loop', image, at]),
    unmount: () => execFileSync('umount', [at]),
    cutAfter: async (afterUs) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
      worker.postMessage({ directory: at, afterUs })
      assert.equal(await answer(), 'ready')
    },
    isCut: async () => assert.equal(await answer(), 0, 'the file system was not shut down'),
  }
}
