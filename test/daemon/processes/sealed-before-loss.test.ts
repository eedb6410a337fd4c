/** A renewer that is killed between sealing a sign-in and answering for it. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import type { Jobs } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { startScriptedRenewer } from '../../support/scripted-renewer.ts'

const account = testAccount()
const { user } = account

const signIns: { [K in 'redeem-code' | 'poll-device-code' | 'import']: Jobs[K]['parameters'] } = {
  'redeem-code': {
    account,
    redirectUri: 'http://localhost',
    nonce: 'n',
    code: 'c',
    codeVerifier: 'v',
  },
  'poll-device-code': { account, deviceCode: 'd' },
  import: { account, refreshToken: 'r' },
}

/** Ends at each job but a look into the store, which holds a sign-in of `signedInAt`. */
function dying(signedInAt: string): string {
  return `on((job) => {
    if (job.kind !== 'open-store') process.exit(3)
    const records = job.parameters.accounts.map(({ user }) => ({ user, signedInAt: ${signedInAt} }))
    process.send({ type: 'durable', user: 'looked' }, () => answer(job, { records, others: [] }))
  })`
}

for (const kind of ['redeem-code', 'poll-device-code', 'import'] as const) {
  test(`${kind}: a sign-in that was sealed is taken up`, async (t) => {
    const taken = new EventEmitter()
    const { renewer } = startScriptedRenewer(t, dying('Date.now() + 1'), {
      onKept: (kept) => taken.emit('kept', kept),
    })
    const kept = once(taken, 'kept')
    await assert.rejects(renewer.run(kind, signIns[kind]), { name: 'RenewerLostError' })
    assert.deepEqual(await kept, [user])
  })

  test(`${kind}: an older sign-in is left as it is`, async (t) => {
    const kept: string[] = []
    const { renewer, logged } = startScriptedRenewer(t, dying('1'), {
      onKept: (taken) => kept.push(taken),
    })
    await assert.rejects(renewer.run(kind, signIns[kind]), { name: 'RenewerLostError' })
    await logged('durable')
    await renewer.close()
    assert.deepEqual(kept, [])
  })
}

test('nothing is looked for after a refresh that was lost', async (t) => {
  const { renewer, lines } = startScriptedRenewer(t, dying('Date.now() + 1'))
  await assert.rejects(renewer.run('refresh', { account }), { name: 'RenewerLostError' })
  await renewer.close()
  assert.deepEqual(
    lines.filter(({ event }) => event === 'durable'),
    [],
  )
})
