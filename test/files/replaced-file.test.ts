import assert from 'node:assert/strict'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { problemOf } from '../../src/daemon/token-file/file-problem.ts'
import {
  type FileSystem,
  proveReplaceable,
  removeFile,
  removeLeftovers,
  replaceFile,
} from '../../src/files/replaced-file.ts'
import { type FaultCode, FaultyFileSystem } from '../daemon/token-file/faulty-file-system.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { assertSentence, expectedError } from '../support/golden.ts'

const ours = { mode: 0o600, ownership: undefined }
const skip = process.geteuid?.() === 0 ? false : 'needs root'
const foreign = { uid: 64_321, gid: 64_322 }

function place(t: TestContext) {
  const directory = temporaryDirectory(t)
  return { directory, path: join(directory, 'user@example.com') }
}

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777
}

test('the file is made, replaced by another one, and stands alone in its directory', (t) => {
  const { directory, path } = place(t)
  replaceFile(path, 'first', ours)
  const { ino } = statSync(path)
  replaceFile(path, 'second', { ...ours, mode: 0o640 })
  assert.equal(readFileSync(path, 'utf8'), 'second')
  assert.notEqual(statSync(path).ino, ino)
  assert.equal(modeOf(path), 0o640)
  assert.deepEqual(readdirSync(directory), ['user@example.com'])
})

test('the old file is there, whole, until the new one takes its place', (t) => {
  const { path } = place(t)
  const fs = new FaultyFileSystem()
  replaceFile(path, 'first', ours)
  fs.before = (call) => {
    if (call !== 'renameSync') return
    assert.equal(readFileSync(path, 'utf8'), 'first')
  }
  replaceFile(path, 'second', ours, fs)
  assert.equal(readFileSync(path, 'utf8'), 'second')
})

test('the umask of the process does not count', (t) => {
  const before = process.umask()
  t.after(() => process.umask(before))
  const { path } = place(t)
  for (const umask of [0o000, 0o077, 0o777]) {
    process.umask(umask)
    replaceFile(path, 'text', { ...ours, mode: 0o644 })
    assert.equal(modeOf(path), 0o644)
  }
})

test('a symbolic link is replaced and what it leads to is left alone', (t) => {
  const { directory, path } = place(t)
  const victim = join(directory, 'victim')
  writeFileSync(victim, 'precious')
  symlinkSync(victim, path)
  replaceFile(path, 'text', ours)
  assert.ok(lstatSync(path).isFile())
  assert.equal(readFileSync(victim, 'utf8'), 'precious')
  symlinkSync(victim, `${path}2`)
  assert.equal(removeFile(`${path}2`), true)
  assert.equal(readFileSync(victim, 'utf8'), 'precious')
})

test('a name that somebody guessed is not written through', (t) => {
  const { directory, path } = place(t)
  const fs = new FaultyFileSystem()
  let guessed = ''
  const open: FileSystem['openSync'] = (file, flags, mode) => {
    guessed = String(file)
    symlinkSync(join(directory, 'victim'), guessed)
    return fs.openSync(file, flags, mode)
  }
  const spying = Object.assign(Object.create(fs) as FileSystem, { openSync: open })
  assert.throws(() => replaceFile(path, 'text', ours, spying), { code: 'EEXIST' })
  assert.equal(readlinkSync(guessed), join(directory, 'victim'))
  assert.deepEqual(readdirSync(directory), [guessed.slice(directory.length + 1)])
})

test('owner, group and mode are there before the first byte is', { skip }, (t) => {
  const { directory, path } = place(t)
  const fs = new FaultyFileSystem()
  const seen: object[] = []
  fs.before = (call) => {
    if (call === 'openSync' || call === 'closeSync' || call === 'renameSync') return
    const [name = ''] = readdirSync(directory)
    const { uid, gid, mode, size } = lstatSync(join(directory, name))
    seen.push({ call, uid, gid, mode: mode & 0o7777, size })
  }
  replaceFile(path, 'text', { mode: 0o640, ownership: foreign }, fs)
  const closed = { mode: 0o600, size: 0 }
  assert.deepEqual(seen, [
    { call: 'fchownSync', uid: 0, gid: statSync(directory).gid, ...closed },
    { call: 'fchmodSync', uid: 0, gid: foreign.gid, ...closed },
    { call: 'fchownSync', uid: 0, gid: foreign.gid, mode: 0o640, size: 0 },
    { call: 'writeSync', ...foreign, mode: 0o640, size: 0 },
  ])
  const { uid, gid } = statSync(path)
  assert.deepEqual({ uid, gid }, foreign)
})

test('owner or group alone leaves the other as it is', { skip }, (t) => {
  const { path } = place(t)
  replaceFile(path, 'text', { mode: 0o640, ownership: { uid: -1, gid: foreign.gid } })
  assert.deepEqual([statSync(path).uid, statSync(path).gid], [0, foreign.gid])
  replaceFile(path, 'text', { mode: 0o640, ownership: { uid: foreign.uid, gid: -1 } })
  assert.deepEqual([statSync(path).uid, statSync(path).gid], [foreign.uid, 0])
})

for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EPERM', 'EACCES'] satisfies FaultCode[]) {
  test(`${code} at any step leaves the old file whole and nothing beside it`, (t) => {
    const { directory, path } = place(t)
    const { uid, gid } = lstatSync(directory)
    const rights = { mode: 0o600, ownership: { uid, gid } }
    const fs = new FaultyFileSystem()
    replaceFile(path, 'old', rights, fs)
    for (const call of [
      'openSync',
      'fchownSync',
      'fchmodSync',
      'writeSync',
      'closeSync',
      'renameSync',
    ] as const) {
      fs.fault = { call, code }
      assert.throws(() => replaceFile(path, 'new', rights, fs), { code })
      assert.equal(readFileSync(path, 'utf8'), 'old', call)
      assert.deepEqual(readdirSync(directory), ['user@example.com'], call)
    }
  })
}

test('a disk that takes a byte at a time gets them all', (t) => {
  const { path } = place(t)
  const fs = new FaultyFileSystem()
  const short = Object.assign(Object.create(fs) as FileSystem, { writeSync: writeByte })
  replaceFile(path, 'ümlaut', ours, short)
  assert.equal(readFileSync(path, 'utf8'), 'ümlaut')
})

function writeByte(fd: number, bytes: Buffer, offset: number): number {
  return writeSync(fd, bytes, offset, 1)
}

test('a directory in the place of the file is neither replaced nor removed', (t) => {
  const { directory, path } = place(t)
  mkdirSync(path)
  assert.throws(() => replaceFile(path, 'text', ours), { code: 'EISDIR' })
  assert.throws(() => removeFile(path), { code: 'EISDIR' })
  assert.deepEqual(readdirSync(directory), ['user@example.com'])
})

test('removing tells whether there was a file', (t) => {
  const { directory, path } = place(t)
  assert.equal(removeFile(path), false)
  assert.equal(removeFile(join(directory, 'missing', 'file')), false)
  replaceFile(path, 'text', ours)
  assert.equal(removeFile(path), true)
})

test('proving does all but the renaming', (t) => {
  const { directory, path } = place(t)
  replaceFile(path, 'text', ours)
  const before = statSync(path)
  proveReplaceable(path, ours)
  assert.deepEqual([statSync(path).ino, statSync(path).mtimeMs], [before.ino, before.mtimeMs])
  assert.deepEqual(readdirSync(directory), ['user@example.com'])
  assert.throws(() => proveReplaceable(join(directory, 'missing', 'f'), ours), { code: 'ENOENT' })
})

test('what a killed writer left is removed, and nothing else', (t) => {
  const { directory, path } = place(t)
  const others = ['.user@example.com', '.profile.tmp', 'user@example.com', 'other@example.com']
  for (const name of others) writeFileSync(join(directory, name), '')
  abandon(path)
  abandon(join(directory, 'other@example.com'))
  assert.equal(readdirSync(directory).length, others.length + 2)
  removeLeftovers(path)
  const [left = '', ...more] = readdirSync(directory).filter((name) => !others.includes(name))
  assert.match(left, /^\.[0-9a-f]{16}\.[0-9a-f]{16}\.tmp$/)
  assert.deepEqual(more, [])
  removeLeftovers(join(directory, 'other@example.com'))
  assert.deepEqual(readdirSync(directory).toSorted(), others.toSorted())
})

/** Dies before the renaming, as far as the disk can tell. */
function abandon(path: string): void {
  const fs = new FaultyFileSystem()
  fs.fault = { call: 'renameSync', code: 'EIO' }
  const crash = Object.assign(Object.create(fs) as FileSystem, { unlinkSync: () => {} })
  assert.throws(() => replaceFile(path, 'half', ours, crash), { code: 'EIO' })
}

test('a name as long as names can be has room for the temporary one', (t) => {
  const { directory } = place(t)
  const path = join(directory, 'x'.repeat(255))
  replaceFile(path, 'text', ours)
  assert.equal(readFileSync(path, 'utf8'), 'text')
})

test('a directory that nobody may list still takes files', { skip }, (t) => {
  const { directory, path } = place(t)
  chmodSync(directory, 0o300)
  replaceFile(path, 'text', ours)
  assert.equal(readFileSync(path, 'utf8'), 'text')
})

test('in a directory that another user can change nothing is written and nothing removed', (t) => {
  const outer = temporaryDirectory(t)
  const directory = join(outer, 'tokens')
  mkdirSync(directory)
  const path = join(directory, 'user')
  writeFileSync(path, 'precious')
  const attempts = [
    () => replaceFile(path, 'token', ours),
    () => proveReplaceable(path, ours),
    () => removeFile(path),
    () => removeLeftovers(path),
  ]
  for (const open of [directory, outer]) {
    chmodSync(open, 0o777)
    for (const attempt of attempts) {
      assert.throws(
        attempt,
        expectedError(
          'insecure_file_mode',
          'in a directory that another user can change nothing is written and nothing removed',
          { open },
        ),
      )
    }
    const trouble = problemOf(path, refusalOf(attempts[0] ?? assert.fail()))
    assertSentence(
      trouble?.message,
      'in a directory that another user can change nothing is written and nothing removed (2)',
      { path, open },
    )
    chmodSync(open, 0o1777)
    replaceFile(path, 'precious', ours)
  }
  assert.deepEqual(readdirSync(directory), ['user'])
})

function refusalOf(attempt: () => void): unknown {
  try {
    attempt()
  } catch (error) {
    return error
  }
  return undefined
}
