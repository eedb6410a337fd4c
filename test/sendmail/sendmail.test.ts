/** The program that cron and others call, against an outbox that does as a test says. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { assertSentence } from '../support/golden.ts'
import { asNobody, program, runSendmail, startOutbox, temporaryDirectory } from './fake-outbox.ts'

async function world(t: TestContext, maxSize?: number) {
  const directory = temporaryDirectory(t)
  const outbox = await startOutbox(t, join(directory, 'outbox.sock'), maxSize)
  return { directory, outbox, env: { CMS_OUTBOX: outbox.socket, HOME: directory } }
}

const nothing = { status: 0, stdout: '', stderr: '' }

test('a message is handed over as it is, with its arguments, and nothing is said', async (t) => {
  const { outbox, env } = await world(t)
  const input = Buffer.from('To: root\r\n\r\n\xff\0\n.\nend', 'latin1')
  assert.deepEqual(
    await runSendmail({ argv: ['-i', '-FCron Daemon', 'root', ''], input, env }),
    nothing,
  )
  const [handed] = outbox.handed
  assert.deepEqual(handed?.message, input)
  const { id, ...head } = handed?.head ?? { id: '' }
  assert.match(id, /^\d{8}T\d{9}-[0-9a-f]{12}$/)
  assert.deepEqual(head, {
    program: 'sendmail',
    arguments: ['-i', '-FCron Daemon', 'root', ''],
    size: input.length,
    outbox: outbox.socket,
  })
})

test('-v says the id', async (t) => {
  const { env } = await world(t)
  const outcome = await runSendmail({ argv: ['-v', 'root'], env })
  assert.deepEqual(outcome, { ...nothing, stderr: 'accepted as STORED\n' })
})

test('what the outbox refused with is the exit status', async (t) => {
  const { outbox, env } = await world(t)
  const statuses = {
    usage: 64,
    address_invalid: 65,
    recipient_unknown: 67,
    message_too_large: 69,
    not_permitted: 77,
    config_invalid: 78,
  }
  for (const [error, status] of Object.entries(statuses)) {
    outbox.troubles.push((_, response) => {
      response.statusCode = 422
      response.end(JSON.stringify({ error, error_description: `the ${error}`, hint: 'do this' }))
    })
    const outcome = await runSendmail({ argv: ['root'], env })
    assert.equal(outcome.status, status, error)
    assert.ok(outcome.stderr.startsWith(`sendmail: the ${error}`), outcome.stderr)
  }
})

test('an answer that is cut off or reset is asked for again, with the same id', async (t) => {
  const { outbox, env } = await world(t)
  const ids: string[] = []
  outbox.troubles.push(
    (request) => request.socket.destroy(),
    (request) => request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id":'),
    (request) => request.socket.end('HTTP/1.1 2'),
    (_, response) => {
      response.statusCode = 503
      response.end(
        JSON.stringify({
          error: 'daemon_unreachable',
          error_description: 'the outbox starts',
          hint: '',
        }),
      )
    },
  )
  assert.deepEqual(await runSendmail({ argv: ['root'], input: 'x\n', env }), nothing)
  ids.push(...outbox.handed.map(({ head }) => head.id))
  assert.equal(ids.length, 1)
  assert.equal(outbox.troubles.length, 0)
})

test('a daemon that restarts is waited for', async (t) => {
  const { outbox, env } = await world(t)
  await outbox.close()
  const running = runSendmail({ argv: ['root'], input: 'x\n', env })
  const again = await startOutbox(t, outbox.socket)
  assert.deepEqual(await running, nothing)
  assert.equal(again.handed.length, 1)
})

test('without an outbox the message is kept, and the next call hands it over first', async (t) => {
  const directory = temporaryDirectory(t)
  const env = { XDG_RUNTIME_DIR: directory, HOME: directory }
  const lost = await runSendmail({ argv: ['-i', 'root'], input: 'Subject: first\n\n', env })
  assert.equal(lost.status, 75)
  const unsent = join(directory, '.local/state/cms-oauth/unsent')
  const [name = ''] = readdirSync(unsent)
  assertSentence(lost.stderr, 'kept without an outbox', {
    unsent: join(unsent, name),
    own: directory,
    ofUser: `/run/user/${process.getuid?.()}`,
  })
  assert.equal(statSync(join(unsent, name)).mode & 0o777, 0o600)
  assert.equal(statSync(unsent).mode & 0o777, 0o700)

  mkdirSync(join(directory, 'cms-oauth'))
  const outbox = await startOutbox(t, join(directory, 'cms-oauth/outbox.sock'))
  assert.deepEqual(
    await runSendmail({ argv: ['root'], input: 'Subject: second\n\n', env }),
    nothing,
  )
  assert.deepEqual(
    outbox.handed.map(({ message }) => message.toString().trim()),
    ['Subject: first', 'Subject: second'],
  )
  assert.equal(outbox.handed[0]?.head.id, name)
  assert.deepEqual(readdirSync(unsent), [])
})

test('a socket that may not be opened keeps the message, until it may be', async (t) => {
  const directory = temporaryDirectory(t)
  const closed = join(directory, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  for (const path of [directory, join(directory, 'home')]) {
    mkdirSync(path, { recursive: true })
    chownSync(path, 65_534, 65_534)
  }
  const outbox = await startOutbox(t, join(closed, 'outbox.sock'))
  chmodSync(outbox.socket, 0o666)
  const env = { CMS_OUTBOX: outbox.socket, HOME: join(directory, 'home') }
  const run = (input: string) =>
    runSendmail({
      command: [...asNobody, process.execPath, program, 'sendmail'],
      argv: ['root'],
      input,
      env,
    })
  const refused = await run('Subject: first\n\n')
  assert.equal(refused.status, 77, refused.stderr)
  const unsent = join(directory, 'home/.local/state/cms-oauth/unsent')
  assertSentence(refused.stderr, 'kept before a closed socket', {
    unsent: join(unsent, readdirSync(unsent)[0] ?? ''),
    socket: outbox.socket,
    command: '"cms-oauth doctor"',
  })
  assert.equal((await run('Subject: second\n\n')).status, 77)
  chmodSync(closed, 0o755)
  assert.deepEqual(await run('Subject: third\n\n'), nothing)
  assert.deepEqual(
    outbox.handed.map(({ message }) => message.toString().trim()),
    ['Subject: first', 'Subject: second', 'Subject: third'],
  )
})

test('where no file can be kept it is said that the message is lost', async (t) => {
  const { directory, outbox } = await world(t)
  await outbox.close()
  writeFileSync(join(directory, 'file'), '')
  const env = { CMS_OUTBOX: outbox.socket, HOME: join(directory, 'file') }
  chmodSync(directory, 0o755)
  const command = [...asNobody, process.execPath, program, 'sendmail']
  const outcome = await runSendmail({ command, argv: ['root'], env })
  assert.equal(outcome.status, 78)
  assertSentence(outcome.stderr, 'lost without an outbox', { socket: outbox.socket, directory })
})

test('where the directory cannot be made it is added to dead.letter, through no link', async (t) => {
  const { directory, outbox, env } = await world(t)
  writeFileSync(join(directory, '.local'), '')
  const full = () => {
    outbox.troubles.push((_, response) => {
      response.statusCode = 507
      response.end(JSON.stringify({ error: 'outbox_full', error_description: 'full', hint: '' }))
    })
  }
  full()
  const outcome = await runSendmail({ argv: ['root'], input: 'the text', env })
  assert.equal(outcome.status, 75)
  assert.equal(readFileSync(join(directory, 'dead.letter'), 'utf8'), 'the text\n')
  assert.equal(statSync(join(directory, 'dead.letter')).mode & 0o777, 0o600)
  const other = temporaryDirectory(t)
  writeFileSync(join(other, '.local'), '')
  symlinkSync('/dev/null', join(other, 'dead.letter'))
  full()
  const refused = await runSendmail({ argv: ['root'], env: { ...env, HOME: other } })
  assertSentence(refused.stderr, 'lost with a full outbox', { home: other })
})

test('a usage error is told after all was read', async (t) => {
  const { env } = await world(t)
  const outcome = await runSendmail({ argv: ['-Z'], input: Buffer.alloc(3_000_000), env })
  assert.equal(outcome.status, 64)
  assertSentence(outcome.stderr, 'an unknown option', { option: '"-Z"' })
})

test('no more is kept than the outbox takes, and the whole is counted', async (t) => {
  const { outbox, env } = await world(t, 100_000)
  assert.deepEqual(
    await runSendmail({ argv: ['root'], input: Buffer.alloc(5_000_000, 'x'), env }),
    nothing,
  )
  const { head, message } = outbox.handed[0] ?? {}
  assert.equal(head?.size, 5_000_000)
  assert.ok(message !== undefined && message.length >= 100_000 && message.length < 400_000)
})

test('a directory as standard input is 74, an empty one is a message', async (t) => {
  const { outbox, directory, env } = await world(t)
  const shell = (text: string) => {
    const command = ['/bin/sh', '-c', text, 'sh', process.execPath, program]
    return runSendmail({ command, env })
  }
  assert.equal((await shell(`exec "$1" "$2" sendmail root < ${directory}`)).status, 74)
  for (const closed of ['<&-', '>&-', '2>&-', '<&- >&- 2>&-', '</dev/null']) {
    assert.equal((await shell(`exec "$1" "$2" sendmail root ${closed}`)).status, 0, closed)
  }
  assert.equal(outbox.handed.length, 5)
})

test('a client that is killed while it reads hands nothing over', async (t) => {
  const { outbox, env } = await world(t)
  const child = spawn(process.execPath, [program, 'sendmail', 'root'], {
    env: { PATH: '/usr/bin', ...env },
  })
  child.stdin.write('Subject: half\n\n')
  child.kill('SIGKILL')
  await once(child, 'close')
  assert.deepEqual(outbox.handed, [])
})

const queue = {
  name: 'outbox',
  account: 'acct@gmail.com',
  messages: [
    {
      id: 'A1',
      at: new Date(0).toISOString(),
      uid: 1,
      login: 'alice',
      recipients: ['me@example.org'],
      subject: `s\u001b${'x'.repeat(100)}`,
      size: 5_000,
      state: 'waiting',
      tries: 2,
      next_try_at: new Date(0).toISOString(),
      reason: 'no connection',
    },
    {
      id: 'B2',
      at: new Date(0).toISOString(),
      uid: 1,
      login: 'alice',
      recipients: ['you@example.org'],
      subject: '',
      size: 50,
      state: 'failed',
      tries: 2,
      reason: '550 no',
    },
  ],
}

test('mailq shows what waits in 80 columns, -q has it tried now', async (t) => {
  const { outbox, env } = await world(t)
  outbox.queue = queue
  const shown = await runSendmail({ command: [process.execPath, program, 'mailq'], env })
  assert.equal(shown.status, 0)
  for (const text of [
    'A1  5 KiB',
    'alice',
    'me@example.org',
    'waits: no connection',
    'not sent: 550 no',
    '2 messages',
  ]) {
    assert.ok(shown.stdout.includes(text), shown.stdout)
  }
  for (const line of shown.stdout.split('\n')) assert.ok(line.length <= 80, line)
  // eslint-disable-next-line no-control-regex
  assert.ok(!/[^\n -~…]/.test(shown.stdout))
  assert.deepEqual(await runSendmail({ argv: ['-q'], env }), nothing)
  assert.equal(outbox.asked.at(-1), 'POST /v1/retry')
  outbox.queue = { ...queue, messages: [] }
  assertSentence((await runSendmail({ argv: ['-bp'], env })).stdout, 'an empty queue')
})

/** As monitoring-plugins' check_mailq reads it, which monitoring has of every kind of it. */
const readers: Record<string, (lines: string[]) => string | undefined> = {
  sendmail: (lines) =>
    lines.map((line) => /^\s+Total\sRequests:\s(\d+)$/i.exec(line)?.[1]).join(''),
  postfix: (lines) => /Kbytes in (\d+)/.exec(lines.at(-1) ?? '')?.[1],
}

test('programs that count the queue find the number that they look for', async (t) => {
  const { outbox, env } = await world(t)
  const [one, failed] = queue.messages
  const queues = [
    [{ messages: [one, failed] }, '1'],
    [{ messages: [one, one], omitted: 3 }, '5'],
    [{ messages: [failed] }, '0'],
  ] as const
  for (const [more, count] of queues) {
    outbox.queue = { ...queue, ...more }
    const { stdout } = await runSendmail({ argv: ['-bp'], env })
    const lines = stdout.trimEnd().split('\n')
    for (const [reader, read] of Object.entries(readers)) assert.equal(read(lines), count, reader)
  }
})

test('newaliases has nothing to do, and needs no outbox', async () => {
  const command = [process.execPath, program, 'newaliases']
  assert.deepEqual(await runSendmail({ command, env: {} }), nothing)
  assert.deepEqual(await runSendmail({ argv: ['-bi'], env: {} }), nothing)
})

test('the names are programs of their own after --install, whatever is in PATH', async (t) => {
  const { outbox, env } = await world(t)
  const bin = join(temporaryDirectory(t), 'my bin')
  mkdirSync(bin)
  const target = join(bin, 'target')
  writeFileSync(target, 'untouched')
  symlinkSync(target, join(bin, 'sendmail'))
  const install = () => runSendmail({ argv: ['--install', bin], env })
  const names = ['sendmail', 'mailq', 'newaliases']
  assert.deepEqual(await install(), {
    ...nothing,
    stdout: names.map((name) => `${join(bin, name)}\n`).join(''),
  })
  assert.equal(readFileSync(target, 'utf8'), 'untouched')
  assert.equal((await install()).status, 0, 'again')
  const own = { ...env, PATH: '/nowhere', NODE_OPTIONS: '--bad-option' }
  const outcome = await runSendmail({
    command: [join(bin, 'sendmail')],
    argv: ['-i', 'root'],
    env: own,
  })
  assert.deepEqual(outcome, nothing)
  assert.deepEqual(outbox.handed[0]?.head.arguments, ['-i', 'root'])
  outbox.queue = { ...queue, messages: [] }
  const listed = await runSendmail({ command: [join(bin, 'mailq')], env: own })
  assertSentence(listed.stdout, 'an empty queue')
  assert.deepEqual(await runSendmail({ command: [join(bin, 'newaliases')], env: own }), nothing)
  // As Debian's Postfix has them.
  const links = join(bin, 'links')
  mkdirSync(links)
  for (const name of ['mailq', 'newaliases']) symlinkSync('../sendmail', join(links, name))
  const linked = await runSendmail({ command: [join(links, 'mailq')], env: own })
  assert.deepEqual(linked, listed)
  assert.deepEqual(await runSendmail({ command: [join(links, 'newaliases')], env: own }), nothing)
})

test('--install leaves a program of somebody else alone', async (t) => {
  const bin = temporaryDirectory(t)
  writeFileSync(join(bin, 'mailq'), 'other')
  const outcome = await runSendmail({ argv: ['--install', bin], env: {} })
  assert.equal(outcome.status, 64)
  assertSentence(outcome.stderr, 'a program of somebody else', { program: join(bin, 'mailq') })
  assert.deepEqual(readdirSync(bin), ['mailq'])
})

test('a link by the name of a program is that program', (t) => {
  const bin = temporaryDirectory(t)
  symlinkSync(program, join(bin, 'newaliases'))
  const { status, stderr } = spawnSync(process.execPath, [join(bin, 'newaliases')])
  assert.deepEqual([status, stderr.toString()], [0, ''])
})
