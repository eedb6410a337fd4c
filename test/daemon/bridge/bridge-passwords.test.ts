import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BridgePasswords } from '../../../src/daemon/bridge/bridge-passwords.ts'
import { PasswordFile } from '../../../src/daemon/bridge/password-file.ts'
import { findPassword, type PasswordVerifier } from '../../../src/sasl/server/passwords.ts'
import { ListLog, temporaryDirectory } from '../socket/token-socket.ts'

test('a trial ends after a minute, though the file of the passwords cannot be read any more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const directory = temporaryDirectory(t)
  const ended: PasswordVerifier[] = []
  const passwords = new BridgePasswords({
    file: new PasswordFile(directory),
    users: () => [],
    onChange: () => void passwords.verifiers(),
    onTrialEnd: (trial) => ended.push(trial),
    log: new ListLog(),
  })
  const trial = passwords.addTrial()
  const found = findPassword(passwords.verifiers(), trial)
  assert.equal(found?.name, 'cms-oauth doctor')
  writeFileSync(join(directory, 'bridge-passwords.json'), '{', { mode: 0o600 })
  t.mock.timers.tick(60_000)
  assert.deepEqual(ended, [found])
  assert.throws(() => passwords.verifiers(), { code: 'store_unreadable' })
})
