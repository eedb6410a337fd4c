/**
 * The programs that send a machine's mail, as Debian brings them, by the sendmail that --install writes, with
 * the real daemon: each message arrives once by each kind of provider, at whom it was meant for and nobody else.
 */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { deliveryWays, type DeliveryWay } from '../../src/configuration/outbox-configuration.ts'
import { program } from '../sendmail/fake-outbox.ts'
import { type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { startGmailApi } from '../support/gmail-api.ts'
import { startGraphApi } from '../support/graph-api.ts'
import { startSubmissionServer } from '../support/submission-server.ts'
import { openPackage, type UnpackedPackage } from '../support/unpacked-package.ts'
import { accountToml, createWorld, signIn, type World } from '../support/world.ts'
import { callers } from './callers.ts'
import { moreCallers } from './more-callers.ts'
import { type ReadMail, readMails } from './submission/python-mail.ts'

/** A message that a provider took, with the recipients that it would have sent it to. */
interface Arrived {
  recipients: string[]
  bytes: Buffer
}

const shapes = { 'gmail-api': 'gmail', graph: 'office365', smtp: 'oidc' } as const
const attempts = 3_000

let world: World
let daemon: RunningDaemon
let machine: UnpackedPackage
/** What standard input of sendmail was, in the order of the calls. */
let handed: string
const arrived: Record<DeliveryWay, () => Arrived[]> = {
  'gmail-api': () => [],
  graph: () => [],
  smtp: () => [],
}
const closers: (() => Promise<unknown>)[] = []

before(async () => {
  world = await createWorld()
  chmodSync(world.home.directory, 0o755)
  handed = join(world.home.directory, 'handed')
  mkdirSync(handed)
  const places = await startProviders()
  await world.home.configure(deliveryWays.map((via) => toml(via, places[via])).join(''))
  daemon = await startDaemon(world.home)
  for (const via of deliveryWays) {
    assert.equal((await signIn({ ...world, user: userOf(via) }, daemon)).event, 'completed')
  }
  machine = await openPackage('cron')
  await installSendmail()
})

after(async () => {
  await machine.close()
  await daemon.stop()
  for (const close of closers) await close()
  await world.close()
})

function userOf(via: DeliveryWay): string {
  return `${via}@example.com`
}

function toml(via: DeliveryWay, place: string): string {
  const account = accountToml({ ...world, user: userOf(via) }, shapes[via])
  return `${account}[[outbox]]
account = "${userOf(via)}"
name = "${via}"
path = "${socketOf(via)}"
${place}
aliases = { root = "me@example.org" }
recipients = ["@x.org", "me@example.org"]
local_domains = ["machine.example.org"]
per_hour = 1000
`
}

function socketOf(via: DeliveryWay): string {
  return join(world.home.directory, 'run', 'cms-oauth', `${via}.sock`)
}

/** Strict ones; what leads each outbox to its own. */
async function startProviders(): Promise<Record<DeliveryWay, string>> {
  const { provider } = world
  const { certificates } = provider
  const options = { certificates, introspect: (token: string) => provider.findToken(token) }
  const [gmail, graph] = [await startGmailApi(options), await startGraphApi(options)]
  const introspect = (token: string) => provider.introspect(token)
  const smtp = await startSubmissionServer({ certificates, introspect, isStrict: true })
  for (const server of [gmail, graph, smtp]) closers.push(() => server.close())
  arrived['gmail-api'] = () => gmail.sent
  arrived.graph = () => graph.sent
  arrived.smtp = () =>
    smtp.messages.map(({ to, text }) => ({ recipients: to, bytes: Buffer.from(text) }))
  return {
    'gmail-api': `api = "${gmail.origin}"`,
    graph: `api = "${graph.origin}"`,
    smtp: `host = "localhost:${smtp.port}/starttls"`,
  }
}

/** What programs call keeps what it is given, and gives it to the real one for each outbox. */
async function installSendmail(): Promise<void> {
  const [first, ...others] = deliveryWays
  const calls = others.map(
    (via) => `CMS_OUTBOX=${socketOf(via)} /run/mail/sendmail "$@" < "$input"`,
  )
  const recorder = `#!/bin/sh
input=$(mktemp ${handed}/XXXXXX) && cat > "$input" && /run/mail/sendmail "$@" < "$input" &&
${calls.join(' &&\n')}
`
  await inMachine(`echo machine.example.org > /etc/mailname && mount -t tmpfs tmpfs /run
mkdir /run/cms-oauth /run/mail && ln -s ${socketOf(first)} /run/cms-oauth/outbox.sock
${process.execPath} ${program} sendmail --install /run/mail
rm -f /usr/sbin/sendmail /usr/lib/sendmail /usr/bin/mailq /usr/bin/newaliases
${process.execPath} ${program} sendmail --install /usr/sbin | grep -q ^/usr/lib/sendmail`)
  await machine.write('/run/mail/recorder', recorder, { mode: 0o755 })
  await inMachine('ln -sf /run/mail/recorder /usr/sbin/sendmail')
}

async function inMachine(script: string): Promise<void> {
  const { stdout, stderr, status } = await machine.run('bash', ['-ec', script])
  assert.equal(status, 0, stdout + stderr)
}

/** What came since, as another program reads it. */
interface Round {
  inputs: ReadMail[]
  sent: Record<DeliveryWay, (Arrived & { mail: ReadMail })[]>
}

/** Resolves when all that was handed over has arrived, and something about the subject with it. */
async function roundAbout(subject: RegExp, start: () => Counted): Promise<Round> {
  let last = 0
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { inputs, sent } = start()
    const isComplete = deliveryWays.every((via) => sent[via].length === inputs.length)
    if (isComplete && inputs.length > last && deliveryWays.every(isEmpty)) {
      last = inputs.length
      const round = read(inputs, sent)
      if (round.sent.smtp.some(({ mail }) => subject.test(mail.subject))) return round
    }
    await setTimeout(20)
  }
  throw new Error(`nothing about ${subject} has arrived`)
}

interface Counted {
  inputs: Buffer[]
  sent: Record<DeliveryWay, Arrived[]>
}

/** Gives, when it is called, what came since this was called. */
function countFromHere(): () => Counted {
  const files = new Set(readdirSync(handed))
  const counts = deliveryWays.map((via) => arrived[via]().length)
  return () => ({
    inputs: readdirSync(handed)
      .filter((name) => !files.has(name))
      .map((name) => readFileSync(join(handed, name))),
    sent: byWay((via) => arrived[via]().slice(counts[deliveryWays.indexOf(via)])),
  })
}

function byWay<T>(make: (via: DeliveryWay) => T): Record<DeliveryWay, T> {
  return { 'gmail-api': make('gmail-api'), graph: make('graph'), smtp: make('smtp') }
}

function isEmpty(via: DeliveryWay): boolean {
  return readdirSync(join(world.home.stateDirectory, 'outbox', via, 'new')).length === 0
}

function read(inputs: readonly Buffer[], sent: Counted['sent']): Round {
  const all = deliveryWays.flatMap((via) => sent[via].map(({ bytes }) => bytes))
  const mails = readMails([...inputs, ...all])
  const inputMails = mails.splice(0, inputs.length)
  const withMail = (via: DeliveryWay) => {
    const own = mails.splice(0, sent[via].length)
    return sent[via].map((each, index) => ({ ...each, mail: own[index] as ReadMail }))
  }
  return { inputs: inputMails, sent: byWay(withMail) }
}

/** The bodies with LF, each line ended: what a text is, whoever writes it. */
function textsOf(mails: readonly ReadMail[]): string[] {
  const texts = mails.map(({ bodies }) =>
    bodies.map((body) => `${body.replaceAll('\r\n', '\n').replace(/\n$/, '')}\n`).join('\n\n'),
  )
  return texts.toSorted()
}

for (const caller of [...callers, ...moreCallers]) {
  test(`the mail of ${caller.name} arrives once by each kind of provider`, async () => {
    const { name, script, subject, recipients } = caller
    const home = join(world.home.directory, name.replaceAll(/\W/g, ''))
    mkdirSync(home)
    writeFileSync(join(home, 'run'), `export HOME=${home} LC_ALL=C.UTF-8\n${script}\n`)
    const start = countFromHere()
    const { stdout, stderr, status } = await machine.run('bash', [join(home, 'run')])
    assert.equal(status, 0, stdout + stderr)
    const round = await roundAbout(subject, start)
    for (const via of deliveryWays) {
      const sent = round.sent[via]
      assert.deepEqual(textsOf(sent.map(({ mail }) => mail)), textsOf(round.inputs), via)
      const about = sent.filter(({ mail }) => subject.test(mail.subject))
      for (const { mail, bytes, ...envelope } of about) {
        assert.deepEqual(envelope.recipients.toSorted(), recipients.toSorted())
        const from = `${caller.from} (root on ${hostname().split('.')[0]})`
        assert.deepEqual(mail.from, [[from, userOf(via)]])
        const bodies = mail.bodies.map((body) => Buffer.from(body, 'latin1').toString()).join('')
        assert.ok(bodies.replaceAll('\r\n', '\n').includes(caller.body), bodies)
        // oxlint-disable-next-line no-control-regex
        assert.match(bytes.toString('latin1'), /^(?:[\t -~]{0,998}\r\n)+$/)
      }
    }
  })
}
