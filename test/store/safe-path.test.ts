import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { requirePrivateFile, requireSafeDirectory } from '../../src/store/safe-path.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const code = 'insecure_file_mode'
const skip = process.getuid?.() === 0 ? false : 'needs root, to give files away'

test('a private directory below a sticky one of root is safe', (t) => {
  requireSafeDirectory(temporaryDirectory(t))
})

test('a directory that its group or all may write is refused', (t) => {
  const directory = temporaryDirectory(t)
  for (const mode of [0o720, 0o702]) {
    chmodSync(directory, mode)
    assert.throws(() => requireSafeDirectory(directory), {
      code,
      message: `others may write the directory "${directory}"`,
      hint: `run "chmod go-w ${directory}"`,
    })
  }
})

test('a directory above that all may write is refused, also behind a symbolic link', (t) => {
  const outer = temporaryDirectory(t)
  const open = join(outer, 'open')
  const inner = join(open, 'inner')
  mkdirSync(inner, { recursive: true, mode: 0o700 })
  const link = join(temporaryDirectory(t), 'link')
  symlinkSync(inner, link)
  chmodSync(open, 0o777)
  for (const path of [inner, link]) {
    assert.throws(() => requireSafeDirectory(path), {
      code,
      message: `others may write the directory "${open}"`,
    })
  }
})

test('a directory above that a group may write is taken', (t) => {
  const outer = temporaryDirectory(t)
  const inner = join(outer, 'inner')
  mkdirSync(inner, { mode: 0o700 })
  chmodSync(outer, 0o770)
  requireSafeDirectory(inner)
})

test(
  "a directory of somebody else is refused, and so is one below somebody else's",
  { skip },
  (t) => {
    const outer = temporaryDirectory(t)
    const inner = join(outer, 'inner')
    mkdirSync(inner, { mode: 0o700 })
    chownSync(outer, 65_534, 65_534)
    for (const path of [outer, inner]) {
      assert.throws(() => requireSafeDirectory(path), {
        code,
        message: `"${outer}" belongs to the user 65534`,
      })
    }
  },
)

test('a file with secrets is taken only where nobody else may open it', (t) => {
  const path = join(temporaryDirectory(t), 'key')
  writeFileSync(path, '', { mode: 0o600 })
  requirePrivateFile(path, statSync(path))
  for (const mode of [0o640, 0o604, 0o602, 0o620]) {
    chmodSync(path, mode)
    assert.throws(() => requirePrivateFile(path, statSync(path)), {
      code,
      message: `others may open "${path}"`,
      hint: `run "chmod go= ${path}"; if others may have read it, sign in anew`,
    })
  }
})
