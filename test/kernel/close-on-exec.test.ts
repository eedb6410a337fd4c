import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync } from 'node:fs'
import { test } from 'node:test'
import koffi from 'koffi'
import { closeOnExec } from '../../src/kernel/close-on-exec.ts'

const dup = koffi.load(null).func('int dup(int fd)')

function isSeenByPrograms(fd: number): boolean {
  return spawnSync('test', ['-e', `/proc/self/fd/${fd}`]).status === 0
}

test('a descriptor does not reach the programs that are started any more', () => {
  // A copy made by dup(2) is inherited, as one that systemd passes.
  const fd = dup(2) as number
  assert.equal(isSeenByPrograms(fd), true)
  closeOnExec(fd)
  assert.equal(isSeenByPrograms(fd), false)
  closeSync(fd)
})

test('a descriptor that is not open is an error', () => {
  assert.throws(() => closeOnExec(1_000_000), { code: 'EBADF', message: 'fcntl: EBADF' })
})
