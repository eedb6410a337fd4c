import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FileKind, excessOf, requireFileAccess } from '../../src/files/file-access.ts'
import { expectedError } from '../support/golden.ts'

const us = process.geteuid?.() ?? 0
const path = '/etc/mail/secret'
const what = `the client secret "${path}"`

/** Each kind with the modes that it may and may not have, by owner. */
const table: Record<FileKind, Record<'root' | 'us', { good: number[]; bad: number[] }>> = {
  secret: {
    root: { good: [0o600, 0o640, 0o440, 0o400], bad: [0o660, 0o644, 0o604, 0o601, 0o650 | 0o4] },
    us: { good: [0o600, 0o400, 0o700], bad: [0o640, 0o620, 0o610, 0o604, 0o602, 0o601] },
  },
  projected: {
    root: { good: [0o600, 0o644, 0o444], bad: [0o664, 0o646, 0o666] },
    us: { good: [0o600], bad: [0o640, 0o644, 0o620] },
  },
  public: {
    root: { good: [0o600, 0o644, 0o755], bad: [0o664, 0o646] },
    us: { good: [0o600, 0o644], bad: [0o664, 0o646] },
  },
}

test('a file may be as open as its kind and its owner allow', () => {
  for (const [kind, owners] of Object.entries(table)) {
    for (const [owner, { good, bad }] of Object.entries(owners)) {
      // Whoever runs the tests, the rule of "us" is that of any owner but root.
      const uid = owner === 'root' ? 0 : us || 1_000
      const excess = (mode: number) => excessOf({ uid, mode: 0o100_000 | mode }, kind as FileKind)
      for (const mode of good) assert.equal(excess(mode), undefined, `${kind} ${owner} ${mode}`)
      for (const mode of bad) assert.notEqual(excess(mode), undefined, `${kind} ${owner} ${mode}`)
    }
  }
})

test('what is too open is named, with the command that closes it and leaves the owner’s choice', () => {
  const refused = (kind: FileKind, mode: number) => {
    try {
      return requireFileAccess({ path, what, kind }, { uid: 0, mode })
    } catch (error) {
      const { code, message, hint } = error as { code: string; message: string; hint: string }
      return [code, message, hint]
    }
  }
  const code = 'insecure_file_mode'
  assert.deepEqual(refused('secret', 0o664), [
    code,
    `others may open ${what}`,
    `run "chmod g-w,o= ${path}"`,
  ])
  assert.deepEqual(refused('public', 0o664), [
    code,
    `others may write ${what}`,
    `run "chmod go-w ${path}"`,
  ])
  assert.equal(refused('secret', 0o640), undefined)
})

test("somebody else's file is refused, however closed", () => {
  for (const kind of ['secret', 'projected', 'public'] as const) {
    assert.throws(
      () => requireFileAccess({ path, what, kind }, { uid: 64_321, mode: 0o400 }),
      expectedError('insecure_file_mode', "somebody else's file is refused, however closed", {
        what,
      }),
    )
  }
})
