/** What is left in a spool by whoever was killed, or by a disk that refuses. */
import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { OutboxFullError } from '../../src/errors.ts'
import { lockFile } from '../../src/kernel/file-lock.ts'
import { entryId } from '../../src/outbox/spool/entry-id.ts'
import { sentIds } from '../../src/outbox/spool/sent-marks.ts'
import { Spool } from '../../src/outbox/spool/spool.ts'
import { findStrays } from '../../src/outbox/spool/strays.ts'
import { keepForRest, readEntry } from '../../src/sender/spool-entry.ts'
import { earliestTime } from '../../src/schedule/set-clock.ts'
import type { EntryHead } from '../../src/spool/entry.ts'
import { placeInSpool, senderLock } from '../../src/spool/spool-folders.ts'
import { interceptedFileSystem, systemError } from '../files/faulty-file-system.ts'
import { expectedError } from '../support/golden.ts'

const message = Buffer.from('To: me@example.org\r\n\r\nAll is well.\r\n')

function headOf(id: string): EntryHead {
  return {
    v: 1,
    id,
    at: 1,
    uid: 1000,
    login: 'alice',
    rcpt: ['me@example.org', 'you@example.org'],
    size: message.length,
    message_id: '<1@example.com>',
  }
}

function spoolIn(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'cms-oauth-spool-'))
  t.after(() => rmSync(path, { recursive: true }))
  const spool = new Spool(path)
  spool.prepare()
  return { path, spool, names: (folder: string) => readdirSync(join(path, folder)) }
}

const id = entryId(1, '0123456789ab')
const other = entryId(2, '0123456789ab')

/** Every way that writes into a spool, with the folder that what it writes gets into. */
const writers: [string, (path: string, fs: typeof nodeFs) => void][] = [
  ['a message that is accepted', (path, fs) => new Spool(path, fs).add(headOf(other), message)],
  [
    'how the tries of one went',
    (path, fs) => new Spool(path, fs).remember(id, { tries: 1, reason: 'no answer' }),
  ],
  [
    'who is left of its recipients',
    (path, fs) =>
      placeInSpool(path, { folder: 'new', id, writer: 'sender' }, Buffer.from('x\n'), fs),
  ],
]

/** The file system up to a call, at which the process is killed: what was to clean up is not run either. */
function killedAt(calls: number): { fs: typeof nodeFs; isOver: () => boolean } {
  let count = 0
  const intercepted = interceptedFileSystem(() => {
    if (count++ >= calls) throw new Error('killed')
  })
  return { fs: { ...nodeFs, ...intercepted }, isOver: () => count > calls }
}

for (const [what, write] of writers) {
  test(`whoever is killed while ${what} is written leaves nothing that stays`, (t) => {
    for (let calls = 0, isOver = true; isOver; calls++) {
      const { path, spool, names } = spoolIn(t)
      spool.add(headOf(id), message)
      const killed = killedAt(calls)
      try {
        write(path, killed.fs)
      } catch (error) {
        assert.equal((error as Error).message, 'killed')
      }
      isOver = killed.isOver()
      for (const folder of ['new', 'state', 'failed']) {
        assert.ok(
          names(folder).every((name) => [id, other].includes(name)),
          folder,
        )
      }
      new Spool(path).prepare()
      assert.deepEqual(names('tmp'), [])
      assert.ok(names('new').includes(id))
    }
  })

  test(`a disk that fails while ${what} is written keeps nothing of it in tmp`, (t) => {
    for (const [code, errno] of [
      ['ENOSPC', 28],
      ['EIO', 5],
    ] as const) {
      for (let call = 0, hasFailed = true; hasFailed; call++) {
        const { path, spool, names } = spoolIn(t)
        spool.add(headOf(id), message)
        let count = 0
        const intercepted = interceptedFileSystem((name) => {
          if (name !== 'unlinkSync' && count++ === call) throw systemError(code, errno)
        })
        try {
          write(path, { ...nodeFs, ...intercepted })
          assert.ok(what.includes('tries') || count <= call)
        } catch (error) {
          assert.ok(error instanceof OutboxFullError || what.startsWith('who'), String(error))
          assert.ok(!names('new').includes(other), 'refused, and kept all the same')
        }
        hasFailed = count > call
        assert.deepEqual(names('tmp'), [])
      }
    }
  })
}

test('what a sender writes that lost its daemon is not taken from it', (t) => {
  const { path, spool, names } = spoolIn(t)
  writeFileSync(join(path, 'tmp', `${id}.new.rest`), 'x')
  writeFileSync(join(path, 'tmp', `${id}.new`), 'x')
  const lock = lockFile(senderLock(path))
  spool.prepare()
  assert.deepEqual(names('tmp'), [`${id}.new.rest`])
  lock?.close()
  spool.prepare()
  assert.deepEqual(names('tmp'), [])
})

test('what is known of a message is removed with it', (t) => {
  const { spool, names } = spoolIn(t)
  for (const each of [id, other]) {
    spool.add(headOf(each), message)
    spool.remember(each, { tries: 1, reason: 'no answer' })
  }
  // As a sender does it, whose daemon then dies.
  rmSync(join(spool.path, 'new', id))
  spool.prepare()
  assert.deepEqual(names('state'), [other])
})

test('a message that was deleted while it was sent does not come back', (t) => {
  const { path, spool } = spoolIn(t)
  spool.add(headOf(id), message)
  const entry = readEntry(path, id)
  assert.ok(entry !== undefined)
  spool.remove(id, 'new')
  keepForRest(path, entry)
  assert.equal(existsSync(join(path, 'new', id)), false)
})

test('a copy of an entry under another name is not one', (t) => {
  const { path, spool, names } = spoolIn(t)
  spool.add(headOf(id), message)
  nodeFs.copyFileSync(join(path, 'new', id), join(path, 'new', other))
  assert.deepEqual(
    [...spool.read(() => false)].map(({ head }) => head.id),
    [id],
  )
  assert.throws(
    () => readEntry(path, other),
    expectedError('request_invalid', 'a copy', { entry: join(path, 'new', other), id }),
  )
  assert.equal(names('new').length, 2)
})

/** What an administrator, a backup or somebody with bad intent leaves where entries are. */
const foreign: Record<string, (path: string) => void> = {
  'a directory': (path) => nodeFs.mkdirSync(path),
  'a directory with a file': (path) => {
    nodeFs.mkdirSync(path)
    writeFileSync(join(path, 'file'), 'x')
  },
  'a link to a file': (path) => nodeFs.symlinkSync('/etc/passwd', path),
  'a link to nothing': (path) => nodeFs.symlinkSync('/nonexistent', path),
  'a link to itself': (path) => nodeFs.symlinkSync(path, path),
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'an empty file': (path) => writeFileSync(path, ''),
  'a file without an end of line': (path) => writeFileSync(path, '{"v":1'),
  'a file of another version': (path) => writeFileSync(path, '{"v":2,"id":"x"}\n'),
  binary: (path) => writeFileSync(path, Buffer.alloc(300_000, 0xff)),
}

for (const [name, leave] of Object.entries(foreign)) {
  test(`${name} in a folder of the spool is in nobody's way`, (t) => {
    const { path, spool } = spoolIn(t)
    spool.add(headOf(id), message)
    for (const folder of ['tmp', 'new', 'failed', 'state', 'sent']) {
      for (const other of [entryId(3, 'aaaaaaaaaaaa'), 'lost+found', '.hidden']) {
        leave(join(path, folder, other))
      }
    }
    assert.deepEqual(
      findStrays(path, (name) => name === id).map((stray) => stray.path),
      ['new', 'failed'].map((folder) => join(path, folder, entryId(3, 'aaaaaaaaaaaa'))),
    )
    const passwords = nodeFs.readFileSync('/etc/passwd')
    const again = new Spool(path)
    again.prepare()
    assert.deepEqual(
      [...again.read(() => false)].map(({ head }) => head.id),
      [id],
    )
    sentIds(path, { lifetimeMs: 0 })
    again.tryWriting()
    again.add(headOf(other), message)
    again.remember(other, { tries: 1, reason: 'no answer' })
    again.remove(id, 'new')
    assert.deepEqual(
      [...new Spool(path).read(() => false)].map(({ head }) => head.id),
      [other],
    )
    assert.deepEqual(nodeFs.readFileSync('/etc/passwd'), passwords)
  })
}

test('a mark of what was sent is kept for its time, also where a clock that was not set has dated it', (t) => {
  const { path, names } = spoolIn(t)
  const lifetimeMs = 60_000
  const setAt = earliestTime + 86_400_000
  const mark = join(path, 'sent', id)
  const markedAt = (ms: number) => {
    writeFileSync(mark, '')
    nodeFs.utimesSync(mark, ms / 1_000, ms / 1_000)
  }
  for (const [name, sentAt, lookedAt, isKept] of [
    ['lately', setAt, setAt + lifetimeMs - 1_000, true],
    ['long ago', setAt, setAt + lifetimeMs, false],
    ['lately, by a clock that is still not set', 50_000, 50_000 + lifetimeMs - 1_000, true],
    ['long ago, by a clock that is still not set', 50_000, 50_000 + lifetimeMs, false],
    ['while the clock was ahead', setAt + 10 * lifetimeMs, setAt, true],
    ['before the clock was set', 50_000, setAt, true],
  ] as const) {
    markedAt(sentAt)
    assert.deepEqual(sentIds(path, { lifetimeMs, nowMs: lookedAt }), isKept ? [id] : [], name)
    assert.deepEqual(names('sent'), isKept ? [id] : [], name)
  }
  for (const sentAt of [50_000, setAt + 10 * lifetimeMs]) {
    markedAt(sentAt)
    sentIds(path, { lifetimeMs, nowMs: setAt })
    assert.deepEqual(sentIds(path, { lifetimeMs, nowMs: setAt + lifetimeMs - 1_000 }), [id])
    assert.deepEqual(sentIds(path, { lifetimeMs, nowMs: setAt + lifetimeMs }), [])
  }
  assert.deepEqual(names('sent'), [])
})

test('of marks of what was sent only so many are kept, the last ones', (t) => {
  const { path, names } = spoolIn(t)
  const ids = ['a', 'b', 'c'].map((tag, at) => entryId(earliestTime + at, tag.repeat(12)))
  for (const id of ids) writeFileSync(join(path, 'sent', id), '')
  assert.deepEqual(sentIds(path, { most: 2, nowMs: earliestTime + 5 }), ids.slice(1))
  assert.deepEqual(names('sent'), ids.slice(1))
})

test('of what was sent only the name is left, also after a power cut; what is not a file is left alone', (t) => {
  const { path } = spoolIn(t)
  const mark = join(path, 'sent', id)
  writeFileSync(mark, 'Subject: secret')
  const kept = join(path, 'kept')
  writeFileSync(kept, 'x')
  nodeFs.symlinkSync(kept, join(path, 'sent', other))
  assert.deepEqual(sentIds(path), [id, other])
  assert.equal(nodeFs.readFileSync(mark, 'utf8'), '')
  assert.equal(nodeFs.readFileSync(kept, 'utf8'), 'x')
})
