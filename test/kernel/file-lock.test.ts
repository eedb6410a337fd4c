import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockFile, waitForFileLock } from '../../src/kernel/file-lock.ts'

const modulePath = new URL('../../src/kernel/file-lock.ts', import.meta.url).href

function lockPath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'a.lock')
}

/** A process that says "held" as soon as it holds the lock, and then `more`. */
async function startHolder(t: TestContext, path: string, more = ''): Promise<ChildProcess> {
  const program = `
    import { spawn } from 'node:child_process'
    import { lockFile } from '${modulePath}'
    globalThis.lock = lockFile(process.argv[1])
    ${more}
    console.log(lock ? 'held' : 'refused')
    setInterval(() => {}, 1000)`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program, path]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  assert.equal(said.toString(), 'held\n')
  return child
}

test('a lock excludes a second one and is free again once closed', (t) => {
  const path = lockPath(t)
  const first = lockFile(path)
  assert.ok(first)
  assert.equal(lockFile(path), undefined)
  first.close()
  const second = lockFile(path)
  assert.ok(second)
  first.close()
  assert.equal(lockFile(path), undefined)
  second.close()
})

test('the lock file is only for its owner', (t) => {
  const path = lockPath(t)
  const lock = lockFile(path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  lock?.close()
})

test('a symbolic link is not followed', (t) => {
  const path = lockPath(t)
  symlinkSync('/dev/null', path)
  assert.throws(() => lockFile(path), { code: 'ELOOP' })
  assert.equal(readlinkSync(path), '/dev/null')
})

test('a lock is free at once when its holder is killed', async (t) => {
  const path = lockPath(t)
  const holder = await startHolder(t, path)
  assert.equal(lockFile(path), undefined)
  holder.kill('SIGKILL')
  const lock = await waitForFileLock(path, AbortSignal.timeout(10_000))
  lock.close()
})

test('a program that the holder started does not keep the lock', async (t) => {
  const path = lockPath(t)
  // It ends when its standard input does: with this process at the latest.
  const holder = await startHolder(t, path, "spawn('cat', { stdio: [0, 'ignore', 'ignore'] })")
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = lockFile(path)
  assert.ok(lock)
  lock.close()
})

test('waiting ends with the reason of the signal', async (t) => {
  const path = lockPath(t)
  const lock = lockFile(path)
  const reason = new Error('enough')
  await assert.rejects(waitForFileLock(path, AbortSignal.abort(reason)), reason)
  lock?.close()
})
