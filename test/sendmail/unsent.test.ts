/** What sendmail keeps when no outbox takes it, and who hands that over. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { assertSentence } from '../support/golden.ts'
import {
  asNobody,
  type FakeOutbox,
  program,
  runSendmail,
  startOutbox,
  temporaryDirectory,
} from './fake-outbox.ts'

const nothing = { status: 0, stdout: '', stderr: '' }

async function world(t: TestContext) {
  const directory = temporaryDirectory(t)
  const outbox = await startOutbox(t, join(directory, 'outbox.sock'))
  return { directory, outbox, env: { CMS_OUTBOX: outbox.socket, HOME: directory } }
}

function handedTo(outbox: FakeOutbox): string[] {
  return outbox.handed.map(({ message }) => message.toString().trim())
}

/** A home of that user, where an outbox is that everybody may ask. */
async function nobodysWorld(t: TestContext) {
  const { directory, outbox } = await world(t)
  chmodSync(directory, 0o755)
  chmodSync(outbox.socket, 0o666)
  const home = join(directory, 'home')
  const unsent = join(home, '.local/state/cms-oauth/unsent')
  mkdirSync(unsent, { recursive: true })
  const folders = ['', '.local', '.local/state', '.local/state/cms-oauth', relative(home, unsent)]
  const own = folders.map((folder) => join(home, folder))
  for (const path of own) chownSync(path, 65_534, 65_534)
  const run = (input: string, user: string[] = asNobody) =>
    runSendmail({
      command: [...user, process.execPath, program, 'sendmail'],
      argv: ['root'],
      input,
      env: { CMS_OUTBOX: outbox.socket, HOME: home },
    })
  return { outbox, own, unsent, run }
}

/** As sendmail keeps them, each with its name as its text. */
function keepIn(unsent: string, names: readonly string[], outbox?: string): void {
  mkdirSync(unsent, { recursive: true, mode: 0o700 })
  for (const name of names) {
    const head = { id: name, program: 'sendmail', arguments: ['root'], size: name.length, outbox }
    writeFileSync(join(unsent, name), `${JSON.stringify(head)}\n${name}`, { mode: 0o600 })
  }
}

function refuseOnce(outbox: FakeOutbox): void {
  outbox.troubles.push((_, response) => {
    response.statusCode = 507
    response.end(JSON.stringify({ error: 'outbox_full', error_description: 'full', hint: '' }))
  })
}

test('whatever the umask is, what is kept can be handed over', async (t) => {
  const { outbox, own, unsent, run } = await nobodysWorld(t)
  rmSync(own[1] ?? '', { recursive: true })
  refuseOnce(outbox)
  const { status } = await run('first', ['sh', '-c', 'umask 0777; exec "$@"', 'sh', ...asNobody])
  assert.equal(status, 75)
  const [name = ''] = readdirSync(unsent)
  assert.equal(statSync(join(unsent, name)).mode & 0o777, 0o600)
  assert.deepEqual(await run('second'), nothing)
  assert.deepEqual(handedTo(outbox), ['first', 'second'])
})

test('what is not ours is not handed over, and nothing in its place is waited for', async (t) => {
  const { outbox, unsent, run } = await nobodysWorld(t)
  const request = `${JSON.stringify({ id: 'x', program: 'sendmail', arguments: [], size: 1 })}\nx`
  writeFileSync(join(unsent, '1-of-root'), request, { mode: 0o644 })
  symlinkSync(join(unsent, '1-of-root'), join(unsent, '2-link'))
  mkdirSync(join(unsent, '3-directory'))
  spawnSync('mkfifo', [join(unsent, '4-fifo')])
  chownSync(join(unsent, '4-fifo'), 65_534, 65_534)
  assert.deepEqual(await run('mine'), nothing)
  assert.deepEqual(handedTo(outbox), ['mine'])
  assert.equal(readdirSync(unsent).length, 4)
})

test('nobody hands over what another user keeps, nor keeps anything in the home of another', async (t) => {
  const { outbox, own, unsent, run } = await nobodysWorld(t)
  refuseOnce(outbox)
  assert.equal((await run('of nobody')).status, 75)
  for (const path of own) chmodSync(path, 0o777)
  const asGames = ['setpriv', '--reuid=5', '--regid=60', '--clear-groups', '--']
  assert.deepEqual(await run('of games', asGames), nothing)
  assert.deepEqual(handedTo(outbox), ['of games'])
  refuseOnce(outbox)
  const { status, stderr } = await run('lost', asGames)
  assert.equal(status, 75)
  assertSentence(stderr, 'lost without a home')
  assert.equal(readdirSync(unsent).length, 1)
})

test('what cannot be removed afterwards is not handed over: it would come again each time', async (t) => {
  const { outbox, unsent, run } = await nobodysWorld(t)
  refuseOnce(outbox)
  assert.equal((await run('first')).status, 75)
  chmodSync(unsent, 0o500)
  for (const text of ['second', 'third']) assert.deepEqual(await run(text), nothing)
  assert.deepEqual(handedTo(outbox), ['second', 'third'])
})

test('what waits for a named outbox that is not there waits on, however often sendmail is called meanwhile', async (t) => {
  const directory = temporaryDirectory(t)
  const [env, unsent] = [
    { CMS_OUTBOX: join(directory, 'outbox.sock'), HOME: directory },
    join(directory, '.local/state/cms-oauth/unsent'),
  ]
  keepIn(unsent, ['1', '2'])
  const { status } = await runSendmail({ argv: ['root'], input: 'third', env })
  assert.equal(status, 78)
  assert.deepEqual(readdirSync(unsent).slice(0, 2), ['1', '2'])
  const outbox = await startOutbox(t, env.CMS_OUTBOX)
  assert.deepEqual(await runSendmail({ argv: ['root'], input: 'fourth', env }), nothing)
  assert.deepEqual(handedTo(outbox), ['1', '2', 'third', 'fourth'])
})

test('a message that was kept goes to the outbox that its caller named, and to no other', async (t) => {
  const { directory, outbox, env } = await world(t)
  const other = await startOutbox(t, join(directory, 'other.sock'))
  refuseOnce(outbox)
  assert.equal((await runSendmail({ argv: ['root'], input: 'first', env })).status, 75)
  const toOther = { ...env, CMS_OUTBOX: other.socket }
  assert.deepEqual(await runSendmail({ argv: ['root'], input: 'second', env: toOther }), nothing)
  assert.deepEqual(handedTo(outbox), ['first'])
  assert.deepEqual(handedTo(other), ['second'])
})

test('an outbox that is full holds up what is kept for it alone', async (t) => {
  const { directory, outbox, env } = await world(t)
  const other = await startOutbox(t, join(directory, 'other.sock'))
  const unsent = join(directory, '.local/state/cms-oauth/unsent')
  keepIn(unsent, ['1', '3'], outbox.socket)
  keepIn(unsent, ['2', '4'], other.socket)
  refuseOnce(outbox)
  const toOther = { ...env, CMS_OUTBOX: other.socket }
  assert.deepEqual(await runSendmail({ argv: ['root'], input: 'fifth', env: toOther }), nothing)
  assert.deepEqual(handedTo(outbox), [])
  assert.deepEqual(handedTo(other), ['2', '4', 'fifth'])
  assert.deepEqual(readdirSync(unsent), ['1', '3'])
})

/** Resolves when a signal does not end it any more; before the message is whole each does. */
async function listens({ pid }: ChildProcess): Promise<void> {
  for (;;) {
    const [, caught = ''] =
      /SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if ((BigInt(`0x${caught}`) & 1n) === 1n) return
    await delay(10)
  }
}

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  test(`${signal} before an answer keeps the message`, async (t) => {
    const { directory, outbox, env } = await world(t)
    const asked = new Promise<void>((resolve) => outbox.troubles.push(() => resolve()))
    const child = spawn(process.execPath, [program, 'sendmail', 'root'], { env })
    child.stdin.end('Subject: first\n\n')
    await asked
    const unsent = join(directory, '.local/state/cms-oauth/unsent')
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const ended = once(child, 'close')
    await listens(child)
    child.kill(signal)
    assert.deepEqual(await ended, [75, null])
    assertSentence(stderr, `kept at ${signal}`, {
      unsent: join(unsent, readdirSync(unsent)[0] ?? ''),
    })
    assert.deepEqual(
      await runSendmail({ argv: ['root'], input: 'Subject: second\n\n', env }),
      nothing,
    )
    assert.equal(outbox.handed[0]?.message.toString(), 'Subject: first\n\n')
  })
}

test('an answer that comes after a signal counts', async (t) => {
  const { directory, outbox, env } = await world(t)
  const child = spawn(process.execPath, [program, 'sendmail', 'root'], { env })
  outbox.troubles.push((_, response) => {
    void listens(child).then(() => {
      child.kill('SIGTERM')
      response.end(JSON.stringify({ id: 'STORED' }))
    })
  })
  child.stdin.end('Subject: first\n\n')
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(existsSync(join(directory, '.local')), false)
})
