/** What becomes of a message that has no token: the table "When there is no token" of the examples. */
import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, beforeEach, test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import {
  fillExample,
  type Given,
  provideMailClientWorld,
  shortToken,
} from '../support/mail-client-world.ts'

const troubles = ['no token', 'a wrong token', 'no daemon'] as const
const friend = 'friend@example.org'
const world = await provideMailClientWorld(shortToken)
const { directory } = world.home
const queueScript = join(directory, 'msmtp-queue')
const queue = join(directory, '.msmtp-queue')
const deadLetter = join(directory, 'dead.letter')
const patch = join(directory, 'a.patch')
const rc = (way: Way, name: string) => join(directory, way, name)

/** On its own, or with msmtp-queue for its sendmail. */
type Way = 'alone' | 'queued'

/** Each program that sends, and how it is asked to; it reads the message on stdin, but for git. */
const callers: Record<string, (way: Way) => [program: string, ...args: string[]]> = {
  'cron, scripts': (way) => [
    way === 'alone' ? installedProgram('msmtp', 'msmtp') : queueScript,
    '-FCronDaemon',
    '-i',
    '-B8BITMIME',
    '-oem',
    friend,
  ],
  mailx: () => [installedProgram('bsd-mailx', 'bsd-mailx'), '-s', 'hello', friend],
  mutt: (way) => {
    return [installedProgram('mutt', 'mutt'), '-F', rc(way, 'muttrc'), '-s', 'hello', friend]
  },
  NeoMutt: (way) => {
    return [installedProgram('neomutt', 'neomutt'), '-F', rc(way, 'neomuttrc'), '-s', 'h', friend]
  },
  git: () => [
    installedProgram('git', 'git'),
    'send-email',
    '--confirm=never',
    `--to=${friend}`,
    patch,
  ],
  's-nail': () => [installedProgram('s-nail', 's-nail'), '-n', '-s', 'hello', friend],
  curl: () => [join(directory, 'send'), friend],
}

/** Those whose own way to send cannot be replaced, or that as root look for msmtp's file elsewhere. */
const queuedCallers = Object.entries(callers).filter(([name]) => !['s-nail', 'curl'].includes(name))

before(async () => {
  await copyFile(join(import.meta.dirname, '../../examples/msmtp/msmtp-queue'), queueScript)
  await chmod(queueScript, 0o755)
  await writeFile(
    patch,
    `From: User Name <${world.user}>\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: [PATCH] x\n\nfrom git\n---\n`,
  )
  await installSubmission(world.dovecot.ports.submission)
  await writeFile(join(directory, 'mailrc'), await fill('s-nail/mailrc'))
  await writeFile(join(directory, 'send'), await fill('curl/send'), { mode: 0o755 })
  for (const way of ['alone', 'queued'] as const) await installPrograms(way)
})

beforeEach(async () => {
  for (const path of [queue, deadLetter]) await rm(path, { recursive: true, force: true })
  world.dovecot.messages.length = 0
})

/** msmtp's example, at the server of this port. */
async function installSubmission(port: number): Promise<void> {
  const text = await fill('msmtp/msmtprc')
  const file = text.replace('smtp.office365.com\nport 587', `localhost\nport ${port}`)
  await writeFile(join(directory, '.msmtprc'), file, { mode: 0o600 })
}

async function fill(example: string): Promise<string> {
  const { dovecot, provider, user } = world
  return (await fillExample(example, {}))
    .replaceAll('user%40domain', user.replace('@', '%40'))
    .replaceAll(/user@domain(\.com)?/g, user)
    .replace('smtp.office365.com:587', `localhost:${dovecot.ports.submission}`)
    .replace('/etc/ssl/certs/ca-certificates.crt', provider.certificates.caFile)
}

async function installPrograms(way: Way): Promise<void> {
  await mkdir(join(directory, way))
  for (const example of ['mutt/muttrc', 'neomutt/neomuttrc']) {
    const text = await fill(example)
    const queued = text.replace(/^set smtp_url.*$/m, `set sendmail = "${queueScript}"`)
    await writeFile(rc(way, example.replace(/.*\//, '')), way === 'queued' ? queued : text)
  }
  const sendmail = way === 'queued' ? queueScript : 'msmtp'
  const gitconfig = (await fill('git/gitconfig-msmtp')).replace('= msmtp', `= ${sendmail}`)
  await writeFile(rc(way, 'gitconfig'), gitconfig)
  const mailx = way === 'queued' ? queueScript : installedProgram('msmtp', 'msmtp')
  await writeFile(rc(way, 'mailxrc'), `set sendmail=${mailx}\n`)
}

async function send(name: string, way: Way, given: Given) {
  const [program, ...args] = callers[name]?.(way) ?? assert.fail(name)
  return world.run(program, args, {
    given,
    input: `To: ${friend}\n\nfrom ${name}\n`,
    env: {
      MAILRC: name === 'mailx' ? rc(way, 'mailxrc') : join(directory, 'mailrc'),
      DEAD: deadLetter,
      GIT_CONFIG_GLOBAL: rc(way, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      CURL_CA_BUNDLE: world.provider.certificates.caFile,
    },
  })
}

const waiting = () => readdir(queue).catch(() => [])

for (const [name] of Object.entries(callers)) {
  test(`${name} sends nothing without a token, says so, and leaves the message where the table says`, async () => {
    for (const given of troubles) {
      const { status, stderr } = await send(name, 'alone', given)
      assert.notEqual(status, 0, `${given}: ${stderr}`)
      const saved = await readFile(deadLetter, 'utf8').catch(() => '')
      assert.equal(saved.includes(`from ${name}`), ['mailx', 's-nail'].includes(name), given)
      await rm(deadLetter, { force: true })
    }
    assert.deepEqual(world.dovecot.messages, [])
    const { status, stderr } = await send(name, 'alone', 'the right token')
    assert.deepEqual([status, world.dovecot.messages.length], [0, 1], stderr)
  })
}

test('what s-nail keeps in dead.letter can be handed to it again', async () => {
  await send('s-nail', 'alone', 'no token')
  const letter = await readFile(deadLetter, 'utf8')
  const env = { MAILRC: join(directory, 'mailrc'), DEAD: '/dev/null' }
  const again = { input: letter.replace(/^From .*\n/, ''), env }
  const { status, stderr } = await world.run('s-nail', ['-n', '-t'], again)
  assert.equal(status, 0, stderr)
  assert.deepEqual(world.dovecot.messages.at(-1)?.to, [friend])
  assert.match(world.dovecot.messages.at(-1)?.text ?? '', /^Subject: hello\r$[^]*from s-nail/m)
})

for (const given of troubles) {
  test(`with msmtp-queue the mail of every program waits (${given}), and leaves later`, async () => {
    for (const [name] of queuedCallers) {
      const { status, stderr } = await send(name, 'queued', given)
      assert.equal(status, 0, stderr)
      assert.match(stderr, /^msmtp-queue: kept in /m)
    }
    assert.equal((await world.run(queueScript, ['--flush'], { given })).stdout, '')
    assert.deepEqual(
      [(await waiting()).length, world.dovecot.messages.length],
      [queuedCallers.length, 0],
    )
    assert.match((await world.run(queueScript, ['--list'])).stdout, /^\S+:Subject: \[PATCH\] x$/m)
    await world.run(queueScript, ['--flush'])
    assert.deepEqual(await waiting(), [])
    const texts = world.dovecot.messages.map(({ text }) => text)
    for (const [name] of queuedCallers) {
      assert.equal(texts.filter((text) => text.includes(`from ${name}\r\n`)).length, 1, name)
    }
  })
}

test("msmtp-queue hands the server's last word to the caller, and keeps what it learns later", async (t) => {
  await installSubmission(world.mail.port)
  t.after(() => installSubmission(world.dovecot.ports.submission))
  await send('cron, scripts', 'queued', 'no token')
  world.mail.trouble = { at: 'sender', says: '550 5.7.60 Client does not have permissions' }
  const { status, stderr } = await send('cron, scripts', 'queued', 'the right token')
  assert.equal(status, 65)
  assert.match(stderr, /550 5\.7\.60/)
  const { stdout } = await world.run(queueScript, ['--flush'])
  assert.match(stdout, /^refused, and kept in .*\/refused\.[^]*550 5\.7\.60/)
  const [kept = '', ...more] = await waiting()
  assert.deepEqual(more, [])
  assert.match(await readFile(join(queue, kept, 'message'), 'utf8'), /from cron/)
})
