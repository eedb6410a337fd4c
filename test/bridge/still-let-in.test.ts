import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Admission } from '../../src/bridge/gate.ts'
import { isStillLetIn } from '../../src/bridge/still-let-in.ts'
import { createVerifier } from '../../src/sasl/server/passwords.ts'

const account = 'user@example.com'
const printer = createVerifier('right', { name: 'printer', salt: 'AAAA' })
const rules = {
  findAccount: (address: string) =>
    address === account ? { user: account, server: 's', connections: 1 } : undefined,
  mayConnect: () => true,
  admissionOf: (): Admission | undefined => 'peer',
  offersPasswords: true,
}

for (const [what, entry, changes, expected] of [
  ['a password that is there', { account, by: 'printer' }, {}, true],
  ['a password that is gone', { account, by: 'fax' }, {}, false],
  ['an account that is gone', { account: 'a@b.c', by: 'printer' }, {}, false],
  ['where no passwords are', { account, by: 'printer' }, { offersPasswords: false }, false],
  ['a user in "allow"', { account, by: 'peer' }, {}, true],
  ['a user who was taken out', { account, by: 'peer' }, { admissionOf: () => undefined }, false],
  ['a device that needed no password', { account, by: 'network' }, {}, false],
  [
    'a device in the network',
    { account, by: 'network' },
    { admissionOf: () => 'network' as const },
    true,
  ],
  ['a network that was taken out', { account, by: 'printer' }, { mayConnect: () => false }, false],
] as const) {
  test(`${what}: ${expected ? 'goes on' : 'is closed'}`, () => {
    const who = { entry, remote: { uid: 1 } }
    assert.equal(isStillLetIn({ ...rules, ...changes }, [printer], who), expected)
  })
}

test('a password that is not good for the account any more is closed', () => {
  const other = { ...printer, accounts: ['other@example.com'] }
  const who = { entry: { account, by: 'printer' }, remote: {} }
  assert.equal(isStillLetIn(rules, [other], who), false)
})
