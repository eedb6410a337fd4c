/** What sendmail kept while no outbox could be reached is handed over by "cms-oauth outbox --take-unsent". */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { outboxPaths } from '../../src/socket-client/outbox-path.ts'
import { createHome, type Home, runClient, startDaemon } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'

const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

function configuration(keys: string): string {
  return `${account}[[outbox]]\naccount = "user@example.com"\n${keys}\n`
}

async function prepare(t: TestContext, keys: string) {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(configuration(keys))
  const unsent = join(home.directory, 'state', 'cms-oauth', 'unsent')
  mkdirSync(unsent, { recursive: true, mode: 0o700 })
  const keep = (id: string, recipient: string, outbox?: string) => {
    const message = `Subject: ${id}\n\n`
    const head = { id, program: 'sendmail', arguments: [recipient], size: message.length, outbox }
    writeFileSync(join(unsent, id), `${JSON.stringify(head)}\n${message}`, { mode: 0o600 })
  }
  return { home, unsent, keep }
}

function take(home: Home) {
  return runClient(home, ['outbox', '--take-unsent'])
}

function waiting({ stateDirectory }: Home): number {
  return readdirSync(join(stateDirectory, 'outbox', 'outbox', 'new')).length
}

test('all of it is handed over in order; what is refused is named, kept, and tried the next time', async (t) => {
  const { home, unsent, keep } = await prepare(t, 'aliases = { root = "me@example.org" }')
  for (const [id, recipient] of [
    ['20260101T000000000-a', 'root'],
    ['20260101T000001000-b', 'stranger@elsewhere.org'],
    ['20260101T000002000-c', 'root'],
  ] as const) {
    keep(id, recipient)
  }
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  const first = await take(home)
  assert.equal(first.status, 77)
  assert.equal(first.stdout, '2 messages handed over\n')
  const kept = join(unsent, '20260101T000001000-b.refused')
  assert.ok(first.stderr.includes('"stranger@elsewhere.org"'), first.stderr)
  assert.ok(first.stderr.includes(`"${kept}"`), first.stderr)
  assert.deepEqual(readdirSync(unsent), ['20260101T000001000-b.refused'])
  assert.equal(waiting(home), 2)
  await home.configure(
    configuration('aliases = { root = "me@example.org" }\nrecipients = ["@elsewhere.org"]'),
  )
  await daemon.control.reload()
  assert.deepEqual(await take(home), { status: 0, stdout: '1 message handed over\n', stderr: '' })
  assert.deepEqual(await take(home), { status: 0, stdout: '0 messages handed over\n', stderr: '' })
  assert.equal(waiting(home), 3)
})

test('a refusal that many have is said once, with how many they are, and all are kept', async (t) => {
  const { home, unsent, keep } = await prepare(t, 'aliases = { root = "me@example.org" }')
  const ids = Array.from({ length: 12 }, (_, index) => `20260101T0000${10 + index}000-a`)
  for (const id of ids) keep(id, 'stranger@elsewhere.org')
  keep('20260102T000000000-b', 'other@elsewhere.org')
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  for (let time = 0; time < 2; time++) {
    const { status, stdout, stderr } = await take(home)
    assert.deepEqual([status, stdout], [77, '0 messages handed over\n'])
    assert.equal(stderr.split('"stranger@elsewhere.org"').length, 2, stderr)
    assert.match(stderr, new RegExp(`\\b12 [a-z ]+"${unsent}"`))
    assert.ok(stderr.includes(`"${unsent}/20260102T000000000-b.refused"`), stderr)
    assert.equal(stderr.split('hint: ').length, 3, stderr)
    assert.equal(readdirSync(unsent).length, 13)
  }
})

test('without a daemon it is all left where it is, and said so', async (t) => {
  const { home, unsent, keep } = await prepare(t, 'aliases = { root = "me@example.org" }')
  keep('20260101T000000000-a', 'root')
  const { status, stderr } = await take(home)
  assert.equal(status, 69)
  assert.match(stderr, /hint: /)
  assert.deepEqual(readdirSync(unsent), ['20260101T000000000-a'])
})

test('what is kept for an outbox that is not there any more is left, until another one is named', async (t) => {
  const { home, unsent, keep } = await prepare(t, 'aliases = { root = "me@example.org" }')
  const renamed = join(home.directory, 'old.sock')
  keep('20260101T000000000-a', 'root', renamed)
  keep('20260101T000001000-b', 'root')
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  const { status, stdout, stderr } = await take(home)
  assert.deepEqual([status, stdout], [78, '1 message handed over\n'])
  assertSentence(stderr, 'the outbox that a message was kept for is not there any more', {
    path: renamed,
  })
  assert.deepEqual(readdirSync(unsent), ['20260101T000000000-a'])
  const [CMS_OUTBOX] = outboxPaths(home.env)
  const named = await take({ ...home, env: { ...home.env, CMS_OUTBOX } })
  assert.deepEqual(named, { status: 0, stdout: '1 message handed over\n', stderr: '' })
})

test('words after it are refused', async (t) => {
  const { home } = await prepare(t, 'aliases = { root = "me@example.org" }')
  assert.equal((await runClient(home, ['outbox', 'list', '--take-unsent'])).status, 64)
})
