/** What other users of the machine can do with an outbox, and what they cannot; with real uids. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { type Result, runProgram } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { type ApiStage, emptied, me, startApiStage, waitingIn } from '../support/outbox-stage.ts'
import type { SentMessage } from '../support/sending-server.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root'
/** Users that every Debian has: one who may send, another, and one who may not. */
const games = { uid: 5, gid: 60 }
const news = { uid: 9, gid: 9 }
const backup = { uid: 34, gid: 34 }
const root = join(import.meta.dirname, '..', '..')
const host = hostname().split('.')[0]

type User = typeof games

/** The programs where every user may read them. */
let installed = ''
before(() => {
  installed = mkdtempSync(join(tmpdir(), 'cms-oauth-installed-'))
  chmodSync(installed, 0o755)
  const files = ['cms-oauth-sendmail.cjs', 'cms-oauth-sendmail-other.cjs'].map((file) =>
    join('dist', file),
  )
  for (const path of ['bin', ...files, 'package.json']) {
    cpSync(join(root, path), join(installed, path), { recursive: true })
  }
})

after(() => rmSync(installed, { recursive: true }))

interface Shared extends ApiStage {
  socket: string
  /** Runs sendmail, or another of its names, as a user. */
  run: (
    user: User,
    argv: readonly string[],
    message?: string,
    env?: NodeJS.ProcessEnv,
  ) => Promise<Result>
}

/** An outbox for two users of the machine, which may reach its socket. */
async function start(t: TestContext, lines = ''): Promise<Shared> {
  const open = mkdtempSync(join(tmpdir(), 'cms-oauth-open-'))
  t.after(() => rmSync(open, { recursive: true }))
  const socket = join(open, 'outbox', 'outbox.sock')
  mkdirSync(join(open, 'outbox'))
  for (const directory of [open, join(open, 'outbox')]) chmodSync(directory, 0o755)
  const allow = `path = "${socket}"\nmode = "0666"\nallow = { users = ["games", "news", "root"] }\n`
  const stage = await startApiStage(t, 'gmail-api', () => '', allow + lines)
  const program = join(installed, 'bin', 'cms-oauth.js')
  return Object.assign(stage, {
    socket,
    run: ({ uid, gid }: User, argv: readonly string[], message = '', env = {}) => {
      const who = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
      return runProgram(
        'setpriv',
        [...who, process.execPath, program, ...argv],
        {
          PATH: process.env['PATH'],
          CMS_OUTBOX: socket,
          ...env,
        },
        message,
      )
    },
  })
}

function fieldOf({ read }: SentMessage, wanted: string): string | undefined {
  return read.fields.find(({ name }) => name === wanted)?.value
}

const forged = [
  'From: root (Cron Daemon)',
  'Sender: root@example.com',
  'X-Submitted-By: root@elsewhere (uid 0)',
  'X-Original-From: root',
  'Return-Path: <root@example.com>',
  'Subject: I am root',
].join('\n')

test('whoever says to be root is told by the name that the kernel knows', { skip }, async (t) => {
  const { run, api, spool } = await start(t)
  const claims = { LOGNAME: 'root', USER: 'root', HOME: '/root', SUDO_USER: 'root' }
  const argv = ['sendmail', '-f', 'root', '-F', 'root', 'root']
  assert.equal((await run(games, argv, `${forged}\n\ntext\n`, claims)).status, 0)
  assert.equal((await run(news, argv, 'Subject: nobody\n\n', claims)).status, 0)
  await api.taken(2)
  await emptied(spool)
  const [first, second] = api.sent
  assert.ok(first !== undefined && second !== undefined)
  assert.match(fieldOf(first, 'from') ?? '', new RegExp(`\\(games on ${host}\\)`))
  assert.equal(fieldOf(first, 'x-submitted-by'), `games@${host} (uid ${games.uid})`)
  assert.deepEqual(
    [fieldOf(first, 'sender'), fieldOf(first, 'return-path')],
    [undefined, undefined],
  )
  assert.match(fieldOf(second, 'from') ?? '', new RegExp(`\\(news on ${host}\\)`))
})

test('nobody sends to whom the outbox does not name, by whatever field', { skip }, async (t) => {
  const { run, api, spool } = await start(t)
  const stranger = 'x@evil.example'
  const inField = (name: string) => `${name}: ${stranger}\nSubject: s\n\ntext\n`
  assert.equal((await run(games, ['sendmail', stranger], 'Subject: s\n\n')).status, 77)
  for (const name of ['To', 'Cc', 'Bcc', 'Resent-To', 'Resent-Bcc']) {
    assert.equal((await run(games, ['sendmail', '-t'], inField(name))).status, 77, name)
  }
  const names = ['To', 'Cc', 'Bcc', 'Resent-To', 'Apparently-To', 'tO', 'BCC ', 'X: y\nBcc']
  for (const name of names) {
    assert.equal((await run(games, ['sendmail', 'root'], inField(name))).status, 0, name)
  }
  await api.taken(names.length)
  await emptied(spool)
  for (const { recipients } of api.sent) assert.deepEqual(recipients, [me])
})

test(
  'who is not allowed sends nothing, and others see only what is theirs',
  { skip },
  async (t) => {
    const { run, api, spool } = await start(t)
    api.trouble({ status: 503 })
    assert.equal((await run(backup, ['sendmail', 'root'], 'Subject: s\n\n')).status, 77)
    assert.equal((await run(games, ['sendmail', 'root'], 'Subject: of games\n\n')).status, 0)
    const [id = ''] = waitingIn(spool)
    assert.match((await run(games, ['mailq'])).stdout, new RegExp(`^${id}.*of games`, 's'))
    for (const other of [news, backup]) {
      assertSentence((await run(other, ['mailq'])).stdout, 'an empty queue')
      assert.equal((await run(other, ['sendmail', '-q'])).status, 0)
    }
    assert.deepEqual(waitingIn(spool), [id])
  },
)

test('no file of a spool can be read, written or listed by another user', { skip }, async (t) => {
  const { run, api, spool, world } = await start(t)
  api.trouble({ status: 503 })
  assert.equal((await run(games, ['sendmail', 'root'], 'Subject: secret\n\ntext\n')).status, 0)
  const [id = ''] = waitingIn(spool)
  // Only what is the outbox's own is in the way.
  for (
    let path = join(spool, '..');
    path.startsWith(world.home.directory);
    path = join(path, '..')
  ) {
    chmodSync(path, 0o755)
  }
  const script = `
    ls ${spool} || cat ${spool}/new/${id} || cat ${spool}/state/${id} || cat ${spool}/sender.lock ||
      touch ${spool}/new/x || echo > ${spool}/tmp/x || rm -f ${spool}/new/${id} && echo DONE`
  const who = [`--reuid=${games.uid}`, `--regid=${games.gid}`, '--clear-groups']
  const { stdout } = spawnSync('setpriv', [...who, 'sh', '-c', script], { encoding: 'utf8' })
  assert.equal(stdout, '')
  assert.deepEqual(waitingIn(spool), [id])
})

test('sendmail meets no token and opens no connection to a network', { skip }, async (t) => {
  const { api, spool, world, socket } = await start(t)
  const record = join(world.home.directory, 'strace')
  const options = ['-f', '-qq', '-s', '1000000', '-o', record]
  const program = [process.execPath, join(root, 'bin', 'cms-oauth.js'), 'sendmail', 'root']
  const env = { ...world.home.env, CMS_OUTBOX: socket }
  const { status, stderr } = await runProgram(
    'strace',
    [...options, ...program],
    env,
    'Subject: s\n\nAll is well.\n',
  )
  assert.equal(status, 0, stderr)
  await api.taken(1)
  await emptied(spool)
  const token = api.requests[0]?.token ?? ''
  assert.ok(token.length > 20)
  const calls = readFileSync(record, 'utf8')
  assert.match(calls, /All is well/)
  assert.ok(!calls.includes(token.slice(0, 20)))
  assert.match(calls, /AF_UNIX/)
  assert.doesNotMatch(calls, /AF_INET/)
})
