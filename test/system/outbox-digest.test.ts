/** A flood of 70 mails of one program, with all of the built programs: it arrives as a few mails and one digest. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import type { QueueAnswer } from '../../src/messages/outbox-api.ts'
import { readDigest } from '../outbox/digest/read-digest.ts'
import { readEntry } from '../../src/sender/spool-entry.ts'
import { runClient } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import {
  emptied,
  me,
  type Stage,
  startApiStage,
  startStage,
  waitingIn,
} from '../support/outbox-stage.ts'
import { createWorld } from '../support/world.ts'

const count = 70
const perHour = 5
const subjects = /^Grüße: disk \d+ is full at 10:0\d$/

for (const via of ['gmail-api', 'graph'] as const) {
  test(`a flood of ${count} mails arrives as ${perHour} and one digest by ${via}, each of them whole`, async (t) => {
    const stage = await startApiStage(t, via, () => '', `per_hour = ${perHour}`)
    const { home } = stage.world
    const { api, spool } = stage
    const client = (...words: string[]) => runClient(home, words)
    const session = Array.from({ length: count }, (_, index) => [
      'MAIL FROM:<>',
      'RCPT TO:<root>',
      'DATA',
      'From: root (Cron Daemon)',
      'To: root',
      `Subject: Grüße: disk ${index} is full at 10:0${index % 10}`,
      '',
      `All of it, ${'and more, '.repeat(20)}to the ${index}th byte`,
      '..',
      '.',
    ])
    const lines = ['EHLO c', ...session.flat(), 'QUIT', ''].join('\r\n')
    const { stdout } = await runClient(home, ['sendmail', '-bs'], lines)
    assert.equal(stdout.match(/^250 2\.0\.0 accepted as /gm)?.length, count, stdout)
    await api.taken(perHour)
    while (waitingIn(spool).length > count - perHour) await delay(20)
    const ids = waitingIn(spool).toSorted()
    assert.equal(ids.length, count - perHour)
    const originals = ids.map((id) => readEntry(spool, id)?.message.toString('latin1'))
    // The reason is there once the answer to the last of those that were sent has been taken in.
    for (let allSay = false; !allSay;) {
      const { messages } = JSON.parse((await client('outbox', '--json')).stdout) as QueueAnswer
      allSay = messages.every(({ reason = '' }) => reason.includes('per_hour'))
    }

    api.trouble({ status: 503 })
    const configuration = readFileSync(home.configFile, 'utf8')
    await home.configure(
      configuration.replace(`per_hour = ${perHour}`, `per_hour = ${perHour + 1}`),
    )
    assert.equal((await client('reload')).status, 0)
    const digest = await shownDigest(() => client('outbox', '--json'))
    const [many, of] = digest.subject.split(': disk ')
    assert.deepEqual(
      [many, subjects.test(`Grüße: disk ${of}`)],
      [`${ids.length} messages: Grüße`, true],
    )
    assert.deepEqual(digest.recipients, [me])
    assert.match((await client('outbox', 'show', digest.id)).stdout, /^messages: +65$/m)
    assert.equal((await client('outbox', 'retry', digest.id)).status, 0)
    await emptied(spool)
    assert.equal(api.sent.length, perHour + 1)
    const { recipients, bytes = Buffer.alloc(0) } = api.sent.at(-1) ?? {}
    assert.deepEqual(recipients, [me])
    const read = readDigest(bytes)
    assert.deepEqual(read.defects, [])
    assert.deepEqual(read.parts, originals)
    for (const subject of read.subjects) assert.match(subject, subjects)
    assert.equal(new Set(read.subjects).size, ids.length)
    assert.equal(read.text.match(/^\S+Z +\d+ bytes {2}Grüße: disk /gm)?.length, ids.length)
    for (const folder of ['new', 'taken', 'failed']) {
      assert.deepEqual(readdirSync(join(spool, folder)), [], folder)
    }
  })
}

/** The queue, as soon as there is one message in it that was tried. */
async function shownDigest(ask: () => Promise<{ stdout: string }>) {
  for (;;) {
    const { messages } = JSON.parse((await ask()).stdout) as QueueAnswer
    const [first, ...others] = messages
    if (first?.messages !== undefined && first.tries > 0) {
      assert.deepEqual(others, [])
      return first
    }
    await delay(50)
  }
}

/** Has a program hand over four, and the provider meet a digest of the last three, to be refused; what it has got then. */
async function refusedDigest(stage: Stage, count: () => number): Promise<void> {
  const { home } = stage.world
  const session = [1, 2, 3, 4].flatMap((index) => [
    'MAIL FROM:<>',
    'RCPT TO:<root>',
    'DATA',
    `Subject: disk ${index} is full`,
    '',
    'x',
    '.',
  ])
  await runClient(home, ['sendmail', '-bs'], ['EHLO c', ...session, 'QUIT', ''].join('\r\n'))
  while (waitingIn(stage.spool).length > 3 || count() < 1) await delay(20)
  const configuration = readFileSync(home.configFile, 'utf8')
  await home.configure(configuration.replace('per_hour = 1', 'per_hour = 9'))
  assert.equal((await runClient(home, ['reload'])).status, 0)
  await emptied(stage.spool)
  assert.deepEqual(readdirSync(join(stage.spool, 'failed')), [])
}

const subjectsSent = (texts: readonly string[]) =>
  texts.map((text) => /^Subject: (.*?)\r?$/m.exec(text)?.[1])
const single = [1, 2, 3, 4].map((index) => `disk ${index} is full`)

for (const via of ['gmail-api', 'graph'] as const) {
  test(`a digest that is too large for ${via} arrives message by message`, async (t) => {
    const stage = await startApiStage(t, via, () => '', 'per_hour = 1\ndigest_above = 2')
    const { api } = stage
    api.isTooLarge = (bytes) => bytes > 1_500
    await refusedDigest(stage, () => api.sent.length)
    assert.deepEqual(subjectsSent(api.sent.map(({ bytes }) => bytes.toString('latin1'))), single)
    assert.equal(api.requests.length, 5)
  })
}

test('a digest that a mail server takes for spam arrives message by message', async (t) => {
  const world = await createWorld()
  const way = `via = "smtp"\nhost = "localhost:${world.mail.port}"\nper_hour = 1\ndigest_above = 2`
  const stage = await startStage(t, 'oidc', world, way)
  world.mail.isSpam = (text) => text.includes('multipart/digest')
  await refusedDigest(stage, () => world.mail.messages.length)
  assert.deepEqual(subjectsSent(world.mail.messages.map(({ text }) => text)), single)
})

test('who deletes a digest is told how many messages that were', async (t) => {
  const stage = await startApiStage(t, 'graph', () => '', 'per_hour = 1\ndigest_above = 2')
  const { home } = stage.world
  const mail = ['MAIL FROM:<>', 'RCPT TO:<root>', 'DATA', 'Subject: disk full', '', 'x', '.']
  const lines = ['EHLO c', ...mail, ...mail, ...mail, ...mail, 'QUIT', ''].join('\r\n')
  await runClient(home, ['sendmail', '-bs'], lines)
  while (waitingIn(stage.spool).length > 3) await delay(20)
  stage.api.trouble({ status: 503 })
  const configuration = readFileSync(home.configFile, 'utf8')
  await home.configure(configuration.replace('per_hour = 1', 'per_hour = 2'))
  assert.equal((await runClient(home, ['reload'])).status, 0)
  const { id } = await shownDigest(() => runClient(home, ['outbox', '--json']))
  const { stdout } = await runClient(home, ['outbox', 'delete', id])
  assertSentence(stdout, 'a digest is deleted', { id, count: 3 })
  assert.deepEqual(waitingIn(stage.spool), [])
})

test('a mail server gets a digest too, in lines that it takes', async (t) => {
  const world = await createWorld()
  const way = `via = "smtp"\nhost = "localhost:${world.mail.port}"\nper_hour = 1`
  const stage = await startStage(t, 'oidc', world, way)
  const mail = ['MAIL FROM:<>', 'RCPT TO:<root>', 'DATA', 'Subject: disk full', '', '..']
  const whole = [...mail, 'y'.repeat(900), '.']
  const lines = ['EHLO c', ...Array.from({ length: 30 }, () => whole).flat(), 'QUIT', '']
  await runClient(world.home, ['sendmail', '-bs'], lines.join('\r\n'))
  while (waitingIn(stage.spool).length > 29) await delay(20)
  const originals = waitingIn(stage.spool).toSorted()
  const texts = originals.map((id) => readEntry(stage.spool, id)?.message.toString('latin1'))
  const configuration = readFileSync(world.home.configFile, 'utf8')
  await world.home.configure(configuration.replace('per_hour = 1', 'per_hour = 2'))
  assert.equal((await runClient(world.home, ['reload'])).status, 0)
  await emptied(stage.spool)
  assert.equal(world.mail.messages.length, 2)
  const { text = '' } = world.mail.messages.at(-1) ?? {}
  const read = readDigest(Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1'))
  assert.deepEqual([read.defects, read.parts], [[], texts])
})
