import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Configuration } from '../../../src/configuration/configuration.ts'
import type { CmsOauthError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { testConfiguration } from '../../support/configurations.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'
import { startScriptedRenewer } from '../../support/scripted-renewer.ts'
import { tokenOf } from '../../support/token-of.ts'

const account = testAccount()
const { user } = account
const nothing = { reads: [], makes: [], writes: [], runsPrograms: false }
const parameters = { account }

/** Answers each job with its process's pid as the token. */
const echo = `on((job) => answer(job, { accessToken: String(process.pid), isDurable: true }))`

const ended = (status: string) =>
  expectedError('provider_unavailable', 'a renewer that exited', { status })

test('no process runs before there is a job, one serves many, and close ends it', async (t) => {
  const { renewer, lines } = startScriptedRenewer(t, echo)
  assert.deepEqual(renewer.pids, [])
  const [first, second] = await Promise.all([
    tokenOf(renewer.run('refresh', parameters)),
    tokenOf(renewer.run('refresh', parameters)),
  ])
  assert.equal(first.accessToken, String(renewer.pids[0]))
  assert.equal(second.accessToken, first.accessToken)
  await renewer.close()
  assert.deepEqual(renewer.pids, [])
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['renewer.started', 'renewer.ended'],
  )
})

test('it is told first where its store is, and then each job as it was given', async (t) => {
  const { renewer } = startScriptedRenewer(
    t,
    `let told; process.on('message', (message) => { told ??= message.type; })
    on((job) => answer(job, { accessToken: told + ' ' + job.kind + ' ' + job.parameters.account.user }))`,
  )
  const { accessToken } = await tokenOf(renewer.run('refresh', parameters))
  assert.equal(accessToken, `configure refresh ${user}`)
})

test('a failure comes back with its code, message, hint and answer', async (t) => {
  const { renewer } = startScriptedRenewer(
    t,
    `on(({ id }) => process.send({ type: 'failure', id, error: { error: 'sign_in_required',
      error_description: 'the provider ended it', hint: 'sign in', answer: { aadsts: 1 } } }))`,
  )
  await assert.rejects(renewer.run('refresh', parameters), (error: CmsOauthError) => {
    assert.equal(error.code, 'sign_in_required')
    assert.equal(error.message, 'the provider ended it')
    assert.equal(error.hint, 'sign in')
    return true
  })
})

test('a crash ends the jobs under way, and the next job has a new process', async (t) => {
  const { renewer, logged } = startScriptedRenewer(
    t,
    `on((job) => {
      if (job.parameters.account.user === 'crash@example.com') process.exit(3)
      if (job.parameters.account.user !== 'hang@example.com') answer(job, { accessToken: 'new' })
    })`,
  )
  const hanging = renewer.run('refresh', { account: testAccount({ user: 'hang@example.com' }) })
  const crashing = renewer.run('refresh', { account: testAccount({ user: 'crash@example.com' }) })
  const pid = renewer.pids[0]
  await Promise.all([
    assert.rejects(hanging, ended('status 3')),
    assert.rejects(crashing, ended('status 3')),
  ])
  const { level, reason, count } = await logged('renewer.crashed')
  assert.deepEqual({ level, reason, count }, { level: 'error', reason: 'status 3', count: 2 })
  assert.equal((await tokenOf(renewer.run('refresh', parameters))).accessToken, 'new')
  assert.notEqual(renewer.pids[0], pid)
})

test('a crash leaves the fate of what may have been rotated unknown, and of that only', async (t) => {
  const { renewer } = startScriptedRenewer(
    t,
    `on((job) => { if (job.kind === 'probe') process.exit(3) })`,
  )
  const refreshing = renewer.run('refresh', parameters)
  const probing = renewer.run('probe', parameters)
  await assert.rejects(refreshing, { isFateUnknown: true })
  await assert.rejects(probing, { isFateUnknown: false })
})

test('a process without a heartbeat is killed', async (t) => {
  const { renewer, logged } = startScriptedRenewer(t, 'on(() => { for (;;); })', {
    heartbeatLimitMs: 200,
  })
  const stuck = renewer.run('refresh', parameters)
  await assert.rejects(stuck, ended('SIGKILL'))
  const { level, reason } = await logged('renewer.killed')
  assert.deepEqual({ level, reason }, { level: 'error', reason: 'no heartbeat' })
})

test('a process that waits for the store says so in the log', async (t) => {
  const { renewer, logged } = startScriptedRenewer(
    t,
    `on((job) => { process.send({ type: 'waiting', reason: 'locked' }); answer(job, { records: [] }) })`,
  )
  await renewer.run('open-store', { accounts: [] })
  const { level, reason } = await logged('store.waiting')
  assert.deepEqual({ level, reason }, { level: 'warn', reason: 'locked' })
})

test('a process with a heartbeat may take its time', async (t) => {
  const { renewer, lines } = startScriptedRenewer(
    t,
    `let beats = 0
    on((job) => setInterval(() => {
      process.send({ type: 'heartbeat' })
      if (++beats === 130) answer(job, { accessToken: 'late' })
    }, 40))`,
    { heartbeatLimitMs: 4_000 },
  )
  assert.equal((await tokenOf(renewer.run('refresh', parameters))).accessToken, 'late')
  assert.equal(
    lines.some(({ event }) => event === 'renewer.killed'),
    false,
  )
})

test('a process without a job ends, and the next job has a new one', async (t) => {
  const { renewer, logged } = startScriptedRenewer(t, echo, { idleLimitMs: 20 })
  const first = await tokenOf(renewer.run('refresh', parameters))
  const { level, reason } = await logged('renewer.ended')
  assert.deepEqual({ level, reason }, { level: 'debug', reason: 'status 0' })
  assert.deepEqual(renewer.pids, [])
  assert.notEqual(
    (await tokenOf(renewer.run('refresh', parameters))).accessToken,
    first.accessToken,
  )
})

test('a process stays between the polls of a device code', async (t) => {
  const { renewer } = startScriptedRenewer(t, `on((job) => answer(job, { later: 'slow_down' }))`, {
    idleLimitMs: 0,
    pollIdleLimitMs: 60_000,
  })
  const poll = { account, deviceCode: 'code' }
  await renewer.run('poll-device-code', poll)
  const [pid] = renewer.pids
  // By then the timer of one that nobody polls has rung.
  await delay(1)
  await renewer.run('poll-device-code', poll)
  assert.ok(pid !== undefined && renewer.pids[0] === pid)
})

test('a job that takes longer keeps no other from a renewer, and a stop waits for it', async (t) => {
  const { renewer, lines } = startScriptedRenewer(
    t,
    `let slow
    on((job) => {
      if (job.kind !== 'poll-device-code') return answer(job, { accessToken: 'a' })
      slow = job
      process.send({ type: 'exchanges', users: ['${user}'] })
      process.send({ type: 'patience', id: job.id })
    })
    stop = () => {
      if (slow === undefined) process.exit(0)
      answer(slow, { accessToken: 'slow' }, () => process.exit(0))
    }`,
  )
  const issuers = ['a', 'b', 'c', 'd'].map((name) => `https://${name}.example`)
  const slow = issuers.map((issuer) =>
    renewer.run('poll-device-code', { account: testAccount({ issuer }), deviceCode: 'code' }),
  )
  await renewer.run('refresh', { account: testAccount({ issuer: 'https://e.example' }) })
  const closed = renewer.close()
  const answers = await Promise.allSettled(slow)
  await closed
  assert.ok(answers.every(({ status }) => status === 'fulfilled'))
  const waiting = lines.filter(({ event }) => event === 'daemon.waiting')
  assert.equal(waiting.length, 4)
})

test('a process that holds an unsaved record stays until it is saved', async (t) => {
  const { renewer, lines, logged } = startScriptedRenewer(
    t,
    `on((job) => {
      const { user } = job.parameters.account
      process.send({ type: 'unsaved', grants: [{ user, isAside: true }] })
      answer(job, { accessToken: 'a', isDurable: false })
      setTimeout(() => {
        process.send({ type: 'unsaved', grants: [] })
        process.send({ type: 'durable', user })
      }, 200)
    })`,
    { idleLimitMs: 20 },
  )
  assert.equal((await tokenOf(renewer.run('refresh', parameters))).isDurable, false)
  assert.equal((await logged('durable')).user, user)
  await logged('renewer.ended')
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['renewer.started', 'durable', 'renewer.ended'],
  )
})

for (const [isAside, reason] of [
  [
    true,
    'its newest sign-in is in the runtime directory, where the next start finds it; a reboot loses it',
  ],
  [false, 'its newest sign-in could be kept nowhere'],
] as const) {
  const unsaved = `process.send({ type: 'unsaved', grants: [{ user: '${user}', isAside: ${isAside} }] })`

  test(`a process that dies with an unsaved record is an error though it had no job (aside: ${isAside})`, async (t) => {
    const { renewer, logged } = startScriptedRenewer(
      t,
      `on((job) => {
        ${unsaved}
        answer(job, {}, () => process.exit(4))
      })`,
    )
    await renewer.run('refresh', parameters)
    const crash = await logged('renewer.crashed')
    assert.deepEqual([crash.level, crash.reason, crash.count], ['error', 'status 4', 0])
    assert.deepEqual(await logged('store.not_saved'), {
      level: 'error',
      event: 'store.not_saved',
      user,
      reason,
    })
  })

  test(`a stop tells for whom it waits, and what could not be saved in the end (aside: ${isAside})`, async (t) => {
    const { renewer, lines } = startScriptedRenewer(
      t,
      `on((job) => {
        process.send({ type: 'exchanges', users: ['slow@example.com'] })
        ${unsaved}
        answer(job, {})
      })`,
    )
    await renewer.run('refresh', parameters)
    await renewer.close()
    const told = lines.map((line) => [line.level, line.event, line.user, line.reason])
    const [slow = '', unsavedYet = ''] = told.slice(1).map((line) => String(line[3]))
    assertSentence(slow, 'waiting for a provider')
    assertSentence(unsavedYet, 'waiting for the disk')
    assert.deepEqual(told.slice(1), [
      ['warn', 'daemon.waiting', 'slow@example.com', slow],
      ['warn', 'daemon.waiting', user, unsavedYet],
      ['debug', 'renewer.ended', undefined, 'status 0'],
      ['error', 'store.not_saved', user, reason],
    ])
  })
}

test('what comes after its job was answered is taken for the account as it was when asked', async (t) => {
  const { renewer, logged } = startScriptedRenewer(
    t,
    `const user = 'user@example.com'
    let jobs = 0
    on((job) => {
      if (++jobs === 2) {
        process.send({ type: 'late', user, refreshed: { accessToken: 'late' } })
        process.send({ type: 'exchanges', users: [] })
        return answer(job, { accessToken: 'next' })
      }
      process.send({ type: 'exchanges', users: [user] })
      process.send({ type: 'failure', id: job.id, error: { error: 'provider_unavailable',
        error_description: 'no answer yet', hint: '' } })
    })`,
  )
  const before = testAccount({ scopes: ['before'] })
  await assert.rejects(renewer.run('refresh', { account: before }), {
    code: 'provider_unavailable',
    message: 'no answer yet',
  })
  await renewer.run('refresh', { account: testAccount({ scopes: ['after'] }) })
  assert.equal((await logged('late')).reason, 'before: late')
})

test('a process whose exchange is open stays until it is not', async (t) => {
  const { renewer, lines, logged } = startScriptedRenewer(
    t,
    `on((job) => {
      process.send({ type: 'exchanges', users: ['user@example.com'] })
      answer(job, { accessToken: 'a' })
      setTimeout(() => {
        process.send({ type: 'late', user: 'user@example.com', refreshed: { accessToken: 'b' } })
        process.send({ type: 'exchanges', users: [] })
      }, 200)
    })`,
    { idleLimitMs: 20 },
  )
  await renewer.run('refresh', parameters)
  await logged('renewer.ended')
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['renewer.started', 'late', 'renewer.ended'],
  )
})

test('what cannot be started costs the job and nothing else', async (t) => {
  const { renewer } = startScriptedRenewer(t, echo, { env: { TOO_LONG: 'x'.repeat(1_000_000) } })
  await assert.rejects(
    renewer.run('refresh', parameters),
    expectedError('provider_unavailable', 'what cannot be started', { errno: 'E2BIG' }),
  )
})

test('a program that is gone is reported as what it is, with who can help', async (t) => {
  const { renewer, lines } = startScriptedRenewer(t, echo)
  const { execPath } = process
  process.execPath = '/nonexistent/node'
  const started = renewer.run('refresh', parameters)
  process.execPath = execPath
  await assert.rejects(started, { name: 'RenewerLostError', actor: 'you' })
  await assert.rejects(
    started,
    expectedError('provider_unavailable', 'a Node that is gone', { errno: 'ENOENT' }),
  )
  assert.deepEqual(lines, [])
  await renewer.run('refresh', parameters)
})

test('it is told what it may open, and another configuration that changes nothing of that changes nothing', async (t) => {
  const { renewer } = startScriptedRenewer(
    t,
    `let told; process.on('message', (message) => { told ??= JSON.stringify(message.confinement); })
    on((job) => answer(job, { accessToken: told }))`,
    { confinementFor: ({ file }: Configuration) => ({ ...nothing, reads: [file] }) },
  )
  renewer.confineFor(testConfiguration({ file: '/one' }))
  const { accessToken } = await tokenOf(renewer.run('refresh', parameters))
  assert.deepEqual(JSON.parse(accessToken), { ...nothing, reads: ['/one'] })
  const { pids } = renewer
  renewer.confineFor(testConfiguration({ file: '/one', bridges: [] }))
  await renewer.run('refresh', parameters)
  assert.deepEqual(renewer.pids, pids)
})

test('where it must open other files, another takes the jobs that come, and the first finishes its own', async (t) => {
  const { renewer, logged } = startScriptedRenewer(
    t,
    `let first; on((job) => {
      const done = () => answer(job, { accessToken: String(process.pid) })
      if (job.parameters.account.user !== 'slow@example.com') return done()
      process.on('message', ({ type }) => { if (type === 'stop') process.exit(0) })
      setTimeout(done, 100)
    })`,
    { confinementFor: ({ file }: Configuration) => ({ ...nothing, reads: [file] }) },
  )
  renewer.confineFor(testConfiguration({ file: '/one' }))
  const slow = tokenOf(
    renewer.run('refresh', { account: testAccount({ user: 'slow@example.com' }) }),
  )
  const [before] = renewer.pids
  renewer.confineFor(testConfiguration({ file: '/two' }))
  const { accessToken } = await tokenOf(renewer.run('refresh', parameters))
  assert.notEqual(accessToken, String(before))
  assert.equal((await slow).accessToken, String(before))
  assert.equal((await logged('renewer.ended')).reason, 'status 0')
})
