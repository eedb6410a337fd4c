/** An outbox with the built programs: from the arguments of sendmail to the mail server. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { kill } from 'node:process'
import { after, before, test } from 'node:test'
import { type RunningDaemon, runClient } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { scraped } from '../support/scrape.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import { statusOnce } from '../support/status-once.ts'
import { childPidsBy } from '../support/child-pids.ts'

let world: World
let daemon: RunningDaemon

before(async () => {
  world = await createWorld()
  const outbox =
    `[[outbox]]\naccount = "${world.user}"\nvia = "smtp"\nhost = "localhost:${world.mail.port}"\n` +
    `aliases = { root = "me@example.org" }\nretry = ["1s"]\n`
  daemon = await startSignedIn(world, `${accountToml(world)}${outbox}`)
})
after(async () => {
  await daemon.stop()
  await world.close()
})

function spool(folder: string): string[] {
  return readdirSync(join(world.home.stateDirectory, 'outbox', 'outbox', folder))
}

test('what sendmail takes arrives at the mail server, and the spool is empty', async () => {
  const result = await runClient(
    world.home,
    ['sendmail', 'root'],
    'Subject: disk full\n\nAll of it.\n',
  )
  assert.deepEqual(result, { status: 0, stdout: '', stderr: '' })
  await waitUntil(() => world.mail.messages.length === 1)
  const [message] = world.mail.messages
  assert.ok(message !== undefined)
  assert.match(JSON.stringify(message), /disk full/)
  await waitUntil(() => spool('new').length === 0)
  for (const line of [
    /^cms_oauth_outbox_deliveries_total\{outbox="outbox",outcome="delivered"\} [1-9]/m,
    /^cms_oauth_outbox_messages\{outbox="outbox",state="waiting"\} 0$/m,
    /^cms_oauth_outbox_messages\{outbox="outbox",state="abandoned"\} 0$/m,
  ]) {
    await scraped(world.home.controlSocket, line)
  }
})

test('status says what waits', async () => {
  // The entry of a message is gone a moment before its sender has told so.
  await statusOnce(world.home, /^outbox "outbox" of user@example\.com: no messages wait$/m)
})

test('a killed outbox or sender is there again, and nothing is lost or sent twice', async () => {
  world.mail.messages.length = 0
  const count = 12
  const submissions = Array.from({ length: count }, async (_, index) => {
    const text = `Subject: number ${index}\n\n${index}\n`
    const { status, stderr } = await runClient(world.home, ['sendmail', 'root'], text)
    assert.equal(status, 0, stderr)
    if (index % 4 === 1) killChild('cms-oauth-outbox', daemon)
    if (index % 4 === 3) killChild('cms-oauth-sender', daemon)
  })
  await Promise.all(submissions)
  const subjects = () =>
    new Set(world.mail.messages.map((each) => /number \d+/.exec(JSON.stringify(each))?.[0]))
  await waitUntil(() => subjects().size === count)
  await waitUntil(() => spool('new').length === 0)
})

/** Checks again and again: what is waited for is in another process. */
async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20)
}

function killChild(title: string, { process: { pid } }: RunningDaemon): void {
  for (const child of childPidsBy(pid ?? 0, title)) kill(child, 'SIGKILL')
}

test('what waits is listed, shown, tried again and deleted', async () => {
  await world.mail.close()
  assert.equal((await runClient(world.home, ['sendmail', 'root'], 'Subject: later\n\n')).status, 0)
  const outbox = (...words: string[]) => runClient(world.home, ['outbox', ...words])
  const [id = ''] = spool('new')
  await waitUntil(() => spool('state').includes(id))
  assert.match(
    (await outbox()).stdout,
    new RegExp(`^${id} [^]*me@example.org[^]*"later"[^]* waits: [^]* hint: `),
  )
  assert.match((await outbox('show', id)).stdout, /^subject: +later$/m)
  assert.match((await outbox('retry')).stdout, /is tried (?:now|again in \d)/)
  assert.deepEqual((await outbox('delete', id)).stdout, `${id}: deleted\n`)
  for (const words of [['list'], ['retry']]) {
    assertSentence((await outbox(...words)).stdout, `${words.join()} without messages`)
  }
  assert.equal((await outbox('show', id)).status, 64)
})
