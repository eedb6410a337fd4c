/** A spool with many messages: a start reads little of each, and one at a time. */
import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { entryId } from '../../src/outbox/spool/entry-id.ts'
import { Spool } from '../../src/outbox/spool/spool.ts'

const id = (at: number) => entryId(at, '0123456789ab')

function spoolIn(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'cms-oauth-spool-'))
  t.after(() => rmSync(path, { recursive: true }))
  const read = { files: 0, bytes: 0 }
  const readSync = (...asked: [number, Buffer, number, number, number]) => {
    read.bytes += asked[3]
    return nodeFs.readSync(...asked)
  }
  const openSync = (...asked: [string, number]) => {
    read.files += 1
    return nodeFs.openSync(...asked)
  }
  new Spool(path).prepare()
  const spool = new Spool(path, { ...nodeFs, readSync, openSync } as typeof nodeFs)
  const put = (at: number, rcpt: string[], message: Buffer) => {
    const head = { v: 1, id: id(at), at, uid: 1000, login: 'alice', rcpt, size: message.length }
    new Spool(path).add({ ...head, message_id: '<1@example.com>' }, message)
  }
  return { spool, put, read }
}

test('each message is read when it is asked for, and its beginning alone', (t) => {
  const { spool, put, read } = spoolIn(t)
  const message = Buffer.alloc(1_000_000, 'Subject: x\r\n')
  for (const at of [1, 2, 3]) put(at, ['me@example.org'], message)
  const entries = spool.read(() => false)
  assert.equal(entries.next().value?.head.id, id(1))
  assert.equal(read.files, 1)
  assert.equal(read.bytes <= 32 * 1_024, true, `${read.bytes} bytes`)
  assert.deepEqual(
    [...entries].map(({ head, beginning }) => [head.id, beginning.length >= 16 * 1_024]),
    [2, 3].map((at) => [id(at), true]),
  )
})

test('what is set aside meanwhile does not come twice', (t) => {
  const { spool, put } = spoolIn(t)
  for (const at of [1, 2]) put(at, ['me@example.org'], Buffer.from('x'))
  const found: string[] = []
  for (const { head } of spool.read(() => false)) {
    found.push(head.id)
    spool.move(head.id, 'new', 'failed')
  }
  assert.deepEqual(found, [id(1), id(2)])
})

test('all recipients of one that has many are known', (t) => {
  const { spool, put } = spoolIn(t)
  const rcpt = Array.from({ length: 5_000 }, (_, index) => `user${index}@example.org`)
  put(1, rcpt, Buffer.alloc(100_000, 'x'))
  const [entry] = spool.read(() => false)
  assert.deepEqual(entry?.head.rcpt, rcpt)
  assert.equal(entry.beginning.length >= 16 * 1_024, true)
})
