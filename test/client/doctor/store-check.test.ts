import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkStore } from '../../../src/client/doctor/store-check.ts'
import { assertFinding, assertSentence } from '../../support/golden.ts'

const own = process.geteuid?.() ?? 0
const service = 64_321

/** Modes of a key of this user, and what they are for the daemon of a user. Root reads any file. */
const rows =
  own === 0
    ? ([
        ['600', own, undefined],
        ['000', own, undefined],
        ['640', service, undefined],
        ['600', service, /^run "chgrp \$\(id -gn 64321\) \S+ && chmod g\+r /],
        ['604', service, /^run "chmod g-w,o= /],
      ] as const)
    : ([
        ['600', own, undefined],
        ['400', own, undefined],
        ['000', own, /^run "chmod u\+r /],
        ['200', own, /^run "chmod u\+r /],
        ['640', own, /^run "chmod go= /],
      ] as const)

for (const [mode, uid, hint] of rows) {
  const verdict = hint === undefined ? 'fine' : 'a failure'
  test(`a key of mode ${mode} is ${verdict} for the daemon of the user ${uid}`, (t) => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
    t.after(() => rmSync(stateDirectory, { recursive: true }))
    const path = join(stateDirectory, 'store.key')
    writeFileSync(path, '')
    chmodSync(path, mode)
    const findings = checkStore({ stateDirectory, key: { from: 'file', path }, uid })
    const found = findings.find(({ subject }) => subject === 'key')
    if (hint === undefined) assert.equal(found?.level, 'ok')
    else assert.match(found?.hint ?? '', hint)
  })
}

test('a record is checked as the daemon does when it reads it, also one that is unconfirmed', (t) => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(stateDirectory, { recursive: true }))
  const path = join(stateDirectory, '0123.unconfirmed')
  writeFileSync(path, '', { mode: 0o600 })
  const check = () => checkStore({ stateDirectory, key: { from: 'keyring' }, uid: own })[0]
  const names = { store: stateDirectory, count: '0 ' }
  assertFinding(check(), 'ok', 'a store that is closed', names)
  chmodSync(path, 0o604)
  assert.equal(check()?.code, 'insecure_file_mode')
  assertSentence(check()?.text, 'a record that others may open', { path })
  chmodSync(stateDirectory, 0o777)
  assert.equal(check()?.code, 'insecure_file_mode')
  assertSentence(check()?.text, 'a store that everybody may write', { store: stateDirectory })
})
