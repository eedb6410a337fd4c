/** `sendmail -bs` with the built programs. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Result, runClient, runProgram } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { type ListeningOutbox, startListeningOutbox } from '../support/listening-outbox.ts'
import { friend, me } from '../support/listening-programs.ts'

let outbox: ListeningOutbox
let sendmail = ''

before(async () => {
  outbox = await startListeningOutbox('gmail-api', [
    `aliases = { root = "${me}" }`,
    'recipients = ["@example.org"]',
    'per_hour = 1000',
  ])
  const bin = join(outbox.world.home.directory, 'sbin')
  mkdirSync(bin)
  const made = await runClient(outbox.world.home, ['sendmail', '--install', bin])
  assert.equal(made.status, 0, made.stderr)
  sendmail = join(bin, 'sendmail')
})
after(() => outbox.close())

/** A session on standard input, all at once. */
function talk(
  lines: readonly string[],
  lineEnd = '\r\n',
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const { home } = outbox.world
  return runProgram(sendmail, ['-bs'], { ...home.env, ...env }, lines.join(lineEnd))
}

test('a session on standard input and output, by the kernel’s word', async () => {
  const sentBefore = outbox.api.sent.length
  const { status, stdout, stderr } = await talk([
    'EHLO c',
    'MAIL FROM:<a@localhost>',
    `RCPT TO:<${friend}>`,
    'RCPT TO:<a@elsewhere.org>',
    'DATA',
    'Subject: hi',
    '',
    '..',
    '.',
    'QUIT',
    '',
  ])
  assert.deepEqual([status, stderr], [0, ''])
  const codes = Array.from(stdout.matchAll(/^(\d{3}) /gm), ([, code]) => code)
  assert.deepEqual(codes, ['220', '250', '250', '250', '550', '354', '250', '221'])
  const [sent] = await outbox.sentAfter(sentBefore)
  assert.deepEqual(sent?.recipients, [friend])
  assert.match(sent?.bytes.toString() ?? '', /^X-Submitted-By: \S+ \(uid \d+\)\r$/m)
  assert.equal(sent?.read.body.trim(), '.')
})

test('a script that ends its lines with LF is understood', async () => {
  for (const program of ['EHLO', 'HELO']) {
    const sentBefore = outbox.api.sent.length
    const session = [`${program} c`, 'MAIL FROM:<a>', 'RCPT TO:<root>', 'DATA', 'Subject: lf', '']
    const { status, stdout, stderr } = await talk([...session, '..', 'end', '.', 'QUIT', ''], '\n')
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /\n250 2\.0\.0 accepted as [^\n]*\n221 [^\n]*\n$/)
    const [sent] = await outbox.sentAfter(sentBefore)
    assert.equal(sent?.read.body.replaceAll('\r\n', '\n').trim(), '.\nend')
  }
})

test('half a message is none, and the status says so', async () => {
  for (const lineEnd of ['\n', '\r\n']) {
    const lines = ['EHLO c', 'MAIL FROM:<>', 'RCPT TO:<root>', 'DATA', 'half', '']
    const { status, stderr } = await talk(lines, lineEnd)
    assert.equal(status, 74)
    assertSentence(stderr, 'half a message by SMTP')
  }
  assertSentence((await runClient(outbox.world.home, ['sendmail', '-bp'])).stdout, 'an empty queue')
})

test('standard input that ends is an end', async () => {
  for (const lines of [[], ['EHLO c', ''], ['EHLO c', 'MAIL FROM:<>', 'RCPT TO:<root>', '']]) {
    const { status, stdout, stderr } = await talk(lines)
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^220 /)
  }
})

test('a message in place of SMTP is not believed to be sent', async () => {
  const message = ['Date: today', 'From: a@example.org', 'Subject: s', '', 'text', '']
  for (const lines of [message, ['hello', ''], ['EHLO c', 'x'.repeat(100_000), '']]) {
    const { status, stderr } = await talk(lines)
    assert.equal(status, 64)
    assertSentence(stderr, 'a message in place of SMTP')
  }
})

test('an outbox that is not there is told by SMTP too', async () => {
  const { status, stdout, stderr } = await talk(['EHLO c', ''], '\r\n', {
    CMS_OUTBOX: '/nonexistent',
  })
  assert.equal(status, 78)
  const names = { outbox: '"/nonexistent"' }
  assertSentence(stdout, 'the answer without an outbox', { code: '554 5.3.0', ...names })
  assertSentence(stderr, 'the error without an outbox', names)
})

test('a daemon that goes in the midst of it is said by SMTP too', async (t) => {
  const other = await startListeningOutbox('gmail-api', [`aliases = { root = "${me}" }`])
  t.after(() => other.close())
  const child = spawn(sendmail, ['-bs'], { env: other.world.home.env })
  const closed = once(child, 'close') as Promise<[number | null]>
  let said = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => (said += text))
  child.stdin.on('error', () => {})
  await once(child.stdout, 'data')
  await other.daemon.stop()
  const [status] = await closed
  assert.match(said, /^220 [^\n]*\n421 4\.3\.2 /)
  assert.equal(status, 0)
})

test('a program that reads no answer, and closes its end, has its message taken', async () => {
  const sentBefore = outbox.api.sent.length
  const { home } = outbox.world
  const child = spawn(sendmail, ['-bs'], { env: home.env, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  // More answers than a pipe has room for.
  const greetings = Array.from({ length: 2_000 }, () => 'EHLO c')
  const message = ['MAIL FROM:<a@localhost>', `RCPT TO:<${friend}>`, 'DATA', 'Subject: unread']
  child.stdin.end([...greetings, ...message, '', '.', 'QUIT', ''].join('\r\n'))
  await once(child.stdout, 'readable')
  child.stdout.destroy()
  assert.deepEqual(await ended, [0, null])
  const [sent] = await outbox.sentAfter(sentBefore)
  assert.match(sent?.bytes.toString() ?? '', /^Subject: unread\r$/m)
})
