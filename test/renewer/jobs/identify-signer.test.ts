/** Who signed in, asked of a provider after the code is redeemed: what it answers costs no sign-in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProviderProtocolError, ProviderUnavailableError } from '../../../src/errors.ts'
import { account, prepareJobs, redemption, tokens } from '../../support/jobs.ts'

const { user } = account
const failures: [what: string, error: ProviderUnavailableError | ProviderProtocolError][] = [
  ['resets the connection', new ProviderUnavailableError('ECONNRESET')],
  ['does not answer', new ProviderUnavailableError('ABORT_ERR')],
  ['answers without end', new ProviderProtocolError('longer than 1048576 bytes')],
]

/** A code that is redeemed well, with tokens that tell nobody's address. */
function redeem(identify: () => Promise<string[]>) {
  const untold = tokens({ identities: [] })
  const prepared = prepareJobs({
    provider: { redeemCode: () => Promise.resolve(untold), identify },
  })
  return { ...prepared, redeemed: prepared.runner.run('redeem-code', redemption) }
}

for (const [what, error] of failures) {
  test(`a provider that ${what} has told no address: the sign-in is accepted`, async () => {
    let asked = 0
    const { redeemed, grants } = redeem(() => {
      asked++
      return Promise.reject(error)
    })
    assert.equal('identity' in (await redeemed), false)
    assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'rotated')
    assert.equal(asked, 3)
  })
}

test('one that answers the second time has told it', async () => {
  let asked = 0
  const { redeemed } = redeem(() => {
    asked++
    return asked === 1 ? Promise.reject(new ProviderUnavailableError('x')) : Promise.resolve([user])
  })
  assert.equal((await redeemed).identity, user)
})

test('an address that the provider gives and that is another’s is refused', async () => {
  const { redeemed, grants } = redeem(() => Promise.resolve(['x@example.com']))
  await assert.rejects(redeemed, { code: 'sign_in_failed' })
  assert.equal(grants.size, 0)
})
