/** What processes that were killed have left half written beside what they had put aside. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openEscrow } from '../../../src/renewer/store/escrow.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const key = { user: 'user@example.com', kind: 'grant' } as const
const random = '0123456789abcdef'

function makeEscrow(t: TestContext) {
  const state = join(temporaryDirectory(t), 'state')
  const escrow = join(state, 'escrow')
  mkdirSync(escrow, { recursive: true, mode: 0o700 })
  return { state, names: () => readdirSync(escrow), add: (name: string) => add(escrow, name) }
}

function add(directory: string, name: string): string {
  writeFileSync(join(directory, name), 'half', { mode: 0o600 })
  return name
}

function tagOf(pid: number): string {
  return `${pid.toString(16).padStart(8, '0')}01234567`
}

test('only what nobody writes any more is cleared away', (t) => {
  const { state, names, add: leave } = makeEscrow(t)
  const { pid: dead } = spawnSync('true')
  leave(`.${tagOf(dead)}-${random}.tmp`)
  for (const pid of [0, 0xffff_ffff]) leave(`.${tagOf(pid)}-${random}.tmp`)
  // An earlier process that had our number, as in a container that was started again.
  leave(`.${tagOf(process.pid)}-${random}.tmp`)
  leave(`.${random}.tmp`)
  const kept = [
    leave(`.${tagOf(process.ppid)}-${random}.tmp`),
    leave('.notes.tmp'),
    leave('00.grant'),
  ]
  openEscrow(state)
  assert.deepEqual(new Set(names()), new Set(kept))
})

test('what this process writes stays when it opens the escrow again', (t) => {
  const { state, names } = makeEscrow(t)
  const reserved = openEscrow(state).reserve(key)
  openEscrow(state)
  assert.equal(names().length, 1)
  reserved?.release()
  assert.deepEqual(names(), [])
})

test('the file of a process that was killed while it wrote is gone with the next start', (t) => {
  const { state, names } = makeEscrow(t)
  const module = join(import.meta.dirname, '../../../src/renewer/store/escrow.ts')
  const script = `
    const { openEscrow } = await import(${JSON.stringify(module)})
    openEscrow(${JSON.stringify(state)}).reserve(${JSON.stringify(key)})
    process.kill(process.pid, 'SIGKILL')`
  const run = ['--import', 'tsx', '--input-type=module', '-e', script]
  assert.equal(spawnSync(process.execPath, run).signal, 'SIGKILL')
  assert.equal(names().length, 1)
  openEscrow(state)
  assert.deepEqual(names(), [])
})

test('without a directory there is nothing to clear away, and none is made', (t) => {
  const state = join(temporaryDirectory(t), 'state')
  openEscrow(state)
  assert.deepEqual(readdirSync(state), [])
})
