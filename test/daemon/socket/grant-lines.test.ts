import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { type GrantedToken, GrantLines } from '../../../src/daemon/socket/grant-lines.ts'
import { ListLog } from './token-socket.ts'

const grant = {
  user: 'user@example.com',
  protocol: 'SMTP',
  peer: { uid: 1_000, gid: 8, pid: process.pid },
  isThere: () => true,
  fingerprint: 'abcd',
}
const gone = { ...grant.peer, pid: 2 ** 22 + 1 }

function opened() {
  const log = new ListLog()
  const lines = new GrantLines(log)
  const counts = () => log.lines.map(({ fields }) => fields.count ?? 1)
  const add = (granted: GrantedToken, mayFold: boolean) => {
    if (!lines.folds(granted, mayFold)) lines.write(granted)
  }
  return { log, lines, add, counts }
}

test('a grant says who asked: ids, the program, its file, its unit and when it was started', () => {
  const { log, add } = opened()
  add(grant, true)
  const [line] = log.lines
  const { startedAt = '', unit, ...others } = line?.fields ?? {}
  assert.deepEqual([line?.event, line?.level], ['token.granted', 'info'])
  assert.deepEqual(others, {
    user: 'user@example.com',
    protocol: 'SMTP',
    uid: 1_000,
    gid: 8,
    pid: process.pid,
    program: readFileSync(`/proc/${process.pid}/comm`, 'utf8').trimEnd(),
    executable: readlinkSync(`/proc/${process.pid}/exe`),
    fingerprint: 'abcd',
  })
  assert.ok(unit === undefined || /\.(service|scope)$/.test(unit))
  const runsForMs = Date.now() - Date.parse(startedAt)
  assert.ok(Math.abs(runsForMs - performance.now()) < 5_000, startedAt)
})

test('a process that is gone has its number alone', () => {
  const { log, add } = opened()
  add({ ...grant, peer: gone }, true)
  const { program, startedAt, pid } = log.lines[0]?.fields ?? {}
  assert.deepEqual([program, startedAt, pid], [undefined, undefined, gone.pid])
})

test('of a process that is not the one that connected nothing is said but the number', () => {
  const { log, add } = opened()
  add({ ...grant, isThere: () => false }, true)
  const { program, startedAt, pid } = log.lines[0]?.fields ?? {}
  assert.deepEqual([program, startedAt, pid], [undefined, undefined, process.pid])
})

test('what a process is called is looked up each time', async () => {
  const shell = spawn('sh', ['-c', 'read line; exec sleep 60'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  try {
    await once(shell, 'spawn')
    const { log, add, lines } = opened()
    const peer = { ...grant.peer, pid: shell.pid ?? 0 }
    const name = () => {
      add({ ...grant, peer }, false)
      return log.lines.at(-1)?.fields.program
    }
    while (name() !== 'sh') await new Promise(setImmediate)
    shell.stdin.end('\n')
    while (name() === 'sh') {
      lines.sweep()
      await new Promise(setImmediate)
    }
    assert.equal(name(), 'sleep')
  } finally {
    shell.kill()
  }
})

test('of a storm the first ten have a line, and each second the rest has one with their count', () => {
  const { add, lines, counts } = opened()
  for (let count = 0; count < 1_000; count++) add(grant, true)
  assert.deepEqual(counts(), Array(10).fill(1))
  assert.equal(lines.sweep(), true)
  assert.deepEqual(counts().slice(10), [990])
  assert.equal(lines.sweep(), false)
  add(grant, true)
  assert.deepEqual(counts().slice(11), [1])
})

test('a storm of one user, account or protocol folds no line of another', () => {
  const { add, counts } = opened()
  for (let count = 0; count < 100; count++) add(grant, true)
  const before = counts().length
  add({ ...grant, peer: { ...grant.peer, uid: 1_001 } }, true)
  add({ ...grant, user: 'other@example.com' }, true)
  add({ ...grant, protocol: 'IMAP' }, true)
  assert.deepEqual(counts().slice(before), [1, 1, 1])
})

test('very many of different accounts do not have each process looked up', () => {
  const { log, add, lines } = opened()
  for (let count = 0; count < 300; count++) {
    add({ ...grant, user: `${count}@example.com` }, true)
  }
  const known = log.lines.filter(({ fields }) => fields.program !== undefined)
  assert.deepEqual([log.lines.length, known.length], [300, 100])
  lines.sweep()
  add(grant, true)
  assert.notEqual(log.lines.at(-1)?.fields.program, undefined)
})
