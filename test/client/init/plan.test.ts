import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Answers } from '../../../src/client/init/answers.ts'
import { likelyService } from '../../../src/client/init/likely-service.ts'
import { mailPrograms } from '../../../src/client/init/mail-programs.ts'
import { passwordPrograms } from '../../../src/client/init/password-programs.ts'
import { type MachineFacts, makePlan } from '../../../src/client/init/plan.ts'
import type {
  Configuration,
  SocketConfiguration,
} from '../../../src/configuration/configuration.ts'
import { assertSentence } from '../../support/golden.ts'

const tokenSocket = '/run/user/1/cms-oauth/cms.sock'
const answers: Answers = {
  user: 'me@example.com',
  service: 'office365',
  hosts: { smtp: 'smtp.example.com', imap: 'imap.example.com' },
  program: 'msmtp',
  account: { service: 'office365', isAppOnly: false, clientId: 'id', tenant: 'example.com' },
}

function facts(changes: Partial<MachineFacts> = {}): MachineFacts {
  return {
    home: '/home/me',
    configFile: '/home/me/.config/cms-oauth/config.toml',
    tokenSocket,
    hasNotifier: false,
    client: 'cms-oauth',
    personName: '',
    readFile: () => undefined,
    readExample: (name) => `# EDIT the address\n${name} user@domain.com cms-oauth --user=x\n`,
    ...changes,
  }
}

/** A configuration that is there, with one [[socket]]. */
function existing(socket: Partial<SocketConfiguration>, text = '[[socket]]\n') {
  const sockets = [{ path: tokenSocket, protocols: ['SMTP'], ...socket }]
  return { text, configuration: { sockets, accounts: [] } as unknown as Configuration }
}

test('a file goes where the program looks for it, unless something is there', () => {
  const [free] = makePlan(answers, facts()).files
  assert.deepEqual([free?.path, free?.advice], ['/home/me/.msmtprc', ''])
  assert.equal(free?.text, 'msmtp/msmtprc me@example.com cms-oauth --user=x\n')
  const there = { readFile: (path: string) => (path === '/home/me/.msmtprc' ? 'mine' : undefined) }
  const [taken] = makePlan(answers, facts(there)).files
  assert.equal(taken?.path, '/home/me/.config/cms-oauth/msmtprc-me@example.com')
  assertSentence(taken.advice, 'a file of the program is there already', {
    theirs: '~/.msmtprc',
    ours: taken.path,
  })
})

test('what is there exactly is left, also when a person ran it before', () => {
  const [first] = makePlan(answers, facts()).files
  const [again] = makePlan(answers, facts({ readFile: () => first?.text })).files
  assert.deepEqual([again?.path, again?.isThere, again?.advice], ['/home/me/.msmtprc', true, ''])
})

test('a socket is added where there is none, and is asked for where one lacks something', () => {
  const reading = { ...answers, program: 'mutt' } as const
  const silent = makePlan(reading, facts({ existing: existing({}, '[[account]]\n') }))
  assert.match(silent.configuration, /\[\[socket\]\]\nprotocols = \["SMTP", "IMAP"\]/)
  const lacking = makePlan(reading, facts({ existing: existing({ accounts: ['a@b'] }) }))
  assert.doesNotMatch(lacking.configuration, /\[\[socket\]\]/)
  const [protocol, account, ...more] = lacking.besides
  assertSentence(protocol, 'a socket lacks a protocol', { protocol: '"IMAP"' })
  assertSentence(account, 'a socket lacks an account', { user: '"me@example.com"' })
  assert.deepEqual(more, [])
  const elsewhere = makePlan(answers, facts({ existing: existing({ path: '/other' }) }))
  assert.match(elsewhere.besides[0] ?? '', /\[\[socket\]\] {3}protocols = \["SMTP"\]/)
  const enough = makePlan(answers, facts({ existing: existing({}) }))
  assert.deepEqual(enough.besides, [])
})

test('a server with TLS from the start is written so that the program starts with TLS', () => {
  const text = 'tls_starttls on\nport 587\nsmtp://smtp.office365.com:587/\n'
  const hosts = { ...answers.hosts, smtp: 'mail.example.com:465' }
  const [file] = makePlan({ ...answers, hosts }, facts({ readExample: () => text })).files
  assert.equal(file?.text, 'tls_starttls off\nport 465\nsmtps://mail.example.com:465/\n')
})

test('a program that is called by its path is written so', () => {
  const text =
    'passwordeval cms-oauth --user=user@domain\npassword_command = ("cms-oauth", "--user=x")\n'
  const [file] = makePlan(answers, facts({ client: '/opt/bin/c', readExample: () => text })).files
  assert.equal(
    file?.text,
    'passwordeval /opt/bin/c --user=me@example.com\npassword_command = ("/opt/bin/c", "--user=x")\n',
  )
})

test('the notice shows the message where there is a program for it', () => {
  const line = `command = ["sh", "-c", 'notify-send cms-oauth "$CMS_OAUTH_MESSAGE $CMS_OAUTH_URL"']`
  const { configuration } = makePlan(answers, facts())
  assert.ok(configuration.includes(`\n# ${line}\n`))
  const noticed = makePlan(answers, facts({ hasNotifier: true })).configuration
  assert.ok(noticed.includes(`\n[notify]\n${line}\n`))
})

test('the service is guessed from the address', () => {
  assert.equal(likelyService('a@gmail.com'), 'gmail')
  assert.equal(likelyService('a@Company.onmicrosoft.com'), 'office365')
  assert.equal(likelyService('a@hotmail.com'), 'outlook')
  assert.equal(likelyService('a@notgmail.com'), 'office365')
  assert.equal(likelyService('a@yahoo.com'), 'yahoo')
})

test('a file that is written elsewhere points to no neighbour', () => {
  const examples = join(import.meta.dirname, '..', '..', '..', 'examples')
  const written = [
    ...Object.values(mailPrograms).flatMap(({ files }) => files.map(({ example }) => example)),
    ...Object.values(passwordPrograms).flatMap(({ files }) =>
      files.map(({ example }) => join('bridge', example)),
    ),
  ]
  assert.ok(written.length > 30)
  const pointing = written.filter((file) =>
    readFileSync(join(examples, file), 'utf8').includes('../'),
  )
  assert.deepEqual(pointing, [])
})
