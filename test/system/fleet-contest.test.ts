/** Hosts that want the same thing at the same time: the provider ends a sign-in whose old refresh token comes back. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { parseGrantRecord } from '../../src/fleet/fleet-records.ts'
import { createClient } from '../support/etcd/clients.ts'
import { prefix } from '../support/etcd/users.ts'
import { type Fleet, startFleet } from '../support/fleet/fleet.ts'

let fleet: Fleet
before(async () => {
  const hosts = ['renew', 'renew', 'renew'] as const
  fleet = await startFleet({ nodes: 1, hosts, accounts: 4, lifetimeS: 3_600 })
  await fleet.signInAll()
  // Who has not heard of a sign-in says that there is none.
  await agreed()
})
after(() => fleet.close())

/** How often all grants were written. */
async function countGenerations(): Promise<number> {
  const client = createClient(fleet.engine)
  let generations = 0
  await client.list(`${prefix}grant/`, (page) => {
    for (const { value } of page) generations += parseGrantRecord(value)?.n ?? 0
  })
  client.close()
  return generations
}

/** Resolves when all hosts serve one good token of each account. */
async function agreed(): Promise<void> {
  for (;;) {
    const isSame = await Promise.all(
      fleet.accounts.map(async (account) => {
        const [token = '', ...others] = await Promise.all(
          fleet.hosts.map((host) => host.ask(account)),
        )
        return fleet.provider.isLive(account, token) && others.every((one) => one === token)
      }),
    )
    if (isSame.every(Boolean)) return
    await setTimeout(20)
  }
}

test('all hosts refresh all accounts at once: one of them asks, and no old refresh token comes back', async () => {
  for (let round = 0; round < 3; round++) {
    const asked = fleet.hosts.flatMap(({ daemon }) =>
      fleet.accounts.map((account) =>
        daemon.control.refresh(account).then(
          () => 'refreshed',
          (error: Error & { code: string }) => error.code,
        ),
      ),
    )
    const outcomes = new Set(await Promise.all(asked))
    assert.ok(outcomes.has('refreshed'))
    outcomes.delete('refreshed')
    outcomes.delete('store_locked')
    assert.deepEqual([...outcomes], [])
  }
  await agreed()
  assert.deepEqual(fleet.provider.dead(), [])
  assert.equal(await countGenerations(), fleet.provider.refreshes.length)
})

test('a host that is killed and started again asks the provider nothing', async () => {
  const requests = fleet.provider.refreshes.length
  await fleet.hosts[0]?.restart()
  await agreed()
  assert.equal(fleet.provider.refreshes.length, requests)
})

test('all hosts sign the account in at once: the last one counts, on all of them', async () => {
  const [account = ''] = fleet.accounts
  const grants = fleet.hosts.map(() => ({ refresh_token: fleet.provider.signIn(account) }))
  const outcomes = await Promise.allSettled(
    fleet.hosts.map(({ daemon }, index) => {
      return daemon.control.importGrant(account, grants[index] ?? { refresh_token: '' })
    }),
  )
  assert.ok(outcomes.some(({ status }) => status === 'fulfilled'))
  await agreed()
})
