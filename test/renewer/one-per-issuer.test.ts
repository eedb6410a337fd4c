/** A renewer for each issuer, four at work: what one provider does costs the others nothing. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testAccount } from '../support/accounts.ts'
import { expectedError } from '../support/golden.ts'
import { startScriptedRenewer } from '../support/scripted-renewer.ts'
import { tokenOf } from '../support/token-of.ts'

const issuers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `https://${name}.example`)
const [a = '', b = '', c = '', d = '', e = ''] = issuers
const at = (issuer: string, user = 'user@example.com') => ({
  account: testAccount({ issuer, user }),
})

/** Answers with its pid and its issuer, "hang@..." never, "open@..." at once with an exchange open. */
const program = `
  let issuer
  process.on('message', (message) => { if (message.type === 'assign') issuer = message.issuer })
  on((job) => {
    const user = job.parameters.account?.user ?? ''
    if (user.startsWith('crash')) process.exit(3)
    if (user.startsWith('open')) process.send({ type: 'exchanges', users: [user] })
    if (user.startsWith('unsaved')) process.send({ type: 'unsaved', grants: [{ user, isAside: true }] })
    if (user.startsWith('hang')) return
    if (job.kind === 'open-store') return answer(job, { records: [] })
    answer(job, job.kind === 'forget' ? { wasRevoked: false } : { accessToken: process.pid + ' ' + issuer })
  })`

function start(t: TestContext, options = {}) {
  const { renewer, lines, logged } = startScriptedRenewer(t, program, options)
  const hanging: Promise<unknown>[] = []
  const hang = (issuer: string) => {
    const job = renewer.run('refresh', at(issuer, 'hang@example.com'))
    job.catch(() => {})
    hanging.push(job)
    return job
  }
  t.after(() => Promise.allSettled(hanging))
  const ask = async (issuer: string, user?: string) => {
    const { accessToken } = await tokenOf(renewer.run('refresh', at(issuer, user)))
    const [pid, assigned] = accessToken.split(' ')
    assert.equal(assigned, issuer)
    return Number(pid)
  }
  return { renewer, lines, logged, hang, ask }
}

/** True if it is settled by the time that another process has answered. */
async function isSettled(promise: Promise<unknown>, meanwhile: () => Promise<unknown>) {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await meanwhile()
  return settled
}

test('accounts of one issuer share a process, those of another have their own', async (t) => {
  const { ask } = start(t)
  const [first, second, third] = await Promise.all([ask(a), ask(a, 'other@example.com'), ask(b)])
  assert.equal(first, second)
  assert.notEqual(first, third)
})

test('what is about the whole store runs in any process, and one that did is taken for an issuer', async (t) => {
  const { renewer, ask } = start(t)
  await renewer.run('open-store', { accounts: [] })
  const pids = [...renewer.pids]
  assert.equal(pids.length, 1)
  assert.equal(await ask(a), pids[0])
  await renewer.run('open-store', { accounts: [] })
  assert.deepEqual(renewer.pids, pids)
})

test('a record whose account is gone is forgotten in a process of no issuer', async (t) => {
  const { renewer, ask } = start(t)
  await ask(a)
  await renewer.run('forget', { user: 'gone@example.com', revoke: false })
  assert.equal(renewer.pids.length, 2)
})

test('a process that dies, or hangs, costs the other issuers nothing', async (t) => {
  const { ask, hang, renewer } = start(t)
  const stuck = hang(b)
  const before = await ask(a)
  await assert.rejects(renewer.run('refresh', at(c, 'crash@example.com')), {
    code: 'provider_unavailable',
    isFateUnknown: true,
  })
  assert.equal(await ask(a), before)
  assert.equal(await isSettled(stuck, () => ask(a)), false)
})

test('a fifth issuer waits until one of four has answered, and none overtakes it', async (t) => {
  const { ask, hang, renewer } = start(t)
  for (const issuer of [a, b, c, d]) void hang(issuer)
  const fifth = ask(e)
  const sixth = ask(a)
  assert.equal(renewer.pids.length, 4)
  const [, , , last = assert.fail()] = renewer.pids
  process.kill(last, 'SIGKILL')
  const [pid] = await Promise.all([fifth, sixth])
  assert.ok(renewer.pids.includes(pid))
})

test('one that only waits for its exchange does not count, and is not let go', async (t) => {
  const { ask, renewer } = start(t)
  const open = await Promise.all([a, b, c, d].map((issuer) => ask(issuer, 'open@example.com')))
  await ask(e)
  assert.deepEqual(new Set(renewer.pids.slice(0, 4)), new Set(open))
})

test('one that holds an unsaved record does not count, and is not let go', async (t) => {
  const { ask, renewer } = start(t)
  const held = await Promise.all([a, b, c, d].map((issuer) => ask(issuer, 'unsaved@example.com')))
  await ask(e)
  assert.deepEqual(new Set(renewer.pids.slice(0, 4)), new Set(held))
})

test('an idle one is let go for a new one', async (t) => {
  const { ask, renewer } = start(t)
  for (const issuer of issuers) await ask(issuer)
  assert.equal(renewer.pids.length, 4)
})

test('four that are stopped hold no other issuer up', async (t) => {
  const { ask, hang, renewer } = start(t, { heartbeatLimitMs: 6_000 })
  for (const issuer of [a, b, c, d]) void hang(issuer)
  for (const pid of renewer.pids) process.kill(pid, 'SIGSTOP')
  await ask(e)
})

test('what waits for its turn at a stop is told why', async (t) => {
  const { hang, renewer } = start(t)
  for (const issuer of [a, b, c, d]) void hang(issuer)
  const waiting = renewer.run('refresh', at(e))
  void renewer.close()
  await assert.rejects(waiting, { isFateUnknown: false })
  await assert.rejects(waiting, expectedError('provider_unavailable', 'a daemon that stops'))
})
