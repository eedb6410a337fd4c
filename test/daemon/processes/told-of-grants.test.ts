/** What a renewer hears of newer grants after it was given a job: it presents no older refresh token then. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testAccount } from '../../support/accounts.ts'
import { testConfiguration } from '../../support/configurations.ts'
import { startScriptedRenewer } from '../../support/scripted-renewer.ts'
import { tokenOf } from '../../support/token-of.ts'

const nothing = { reads: [], makes: [], writes: [], runsPrograms: false }

/** Answers a job with the number of the grant that it is told of; ends where that is of nobody it works for. */
const program = `const jobs = []
on((job) => jobs.push(job))
process.on('message', ({ type, owner, stage }) => {
  if (type !== 'seen') return
  const found = jobs.filter(({ parameters }) => parameters.account.user === owner)
  if (found.length === 0) process.exit(5)
  for (const job of found) answer(job, { accessToken: owner + ' ' + stage.number })
})`

function accountAt(name: string) {
  return testAccount({ user: `${name}@example.com`, issuer: `https://${name}.example` })
}

test('it hears of a sign-in that it works for, and of no other', async (t) => {
  const { renewer } = startScriptedRenewer(t, program)
  const account = accountAt('a')
  renewer.noteSeen(account.user, { signedInAt: 1, number: 6 })
  const refreshed = tokenOf(renewer.run('refresh', { account }))
  renewer.noteSeen('other@example.com', { signedInAt: 1, number: 9 })
  renewer.noteSeen(account.user, { signedInAt: 1, number: 7 })
  assert.equal((await refreshed).accessToken, 'a@example.com 7')
})

test('so does one that gets no more jobs', async (t) => {
  let reads: string[] = []
  const { renewer } = startScriptedRenewer(t, program, {
    confinementFor: () => ({ ...nothing, reads }),
  })
  renewer.confineFor(testConfiguration())
  const account = accountAt('a')
  const refreshed = tokenOf(renewer.run('refresh', { account }))
  reads = ['/etc/new']
  renewer.confineFor(testConfiguration())
  renewer.noteSeen(account.user, { signedInAt: 1, number: 7 })
  assert.equal((await refreshed).accessToken, 'a@example.com 7')
})

test('and one that gets a job which has waited for its turn', async (t) => {
  const { renewer } = startScriptedRenewer(t, program)
  const accounts = ['a', 'b', 'c', 'd', 'e'].map(accountAt)
  const refreshed = accounts.map((account) => tokenOf(renewer.run('refresh', { account })))
  assert.equal(renewer.pids.length, 4)
  for (const { user } of accounts.toReversed()) {
    renewer.noteSeen(user, { signedInAt: 1, number: 7 })
  }
  const tokens = await Promise.all(refreshed)
  assert.equal(tokens.at(-1)?.accessToken, 'e@example.com 7')
})
