/** Whose name a socket may take, and what stays of another's. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openListener } from '../../../src/daemon/socket/listener.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'
import { openDatagramSocket, openListeningSocket } from '../../support/unix-socket.ts'
import { open, readAll, temporaryDirectory } from './token-socket.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root, to be another user'
const stranger = 64_321

function greeter(t: TestContext, greeting: string): Server {
  const server = createServer((socket) => socket.on('error', () => {}).end(greeting))
  t.after(() => server.close())
  return server
}

const foreignServer = `
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}).end('theirs'))
  server.listen({ path: process.argv[1], backlog: 1 }, () => console.log('ready'))
`

/** A process that listens at the path until it is killed; then its socket lies there dead. */
async function listenElsewhere(t: TestContext, path: string, uid = 0) {
  const become = uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const argv = [...become, process.execPath, '-e', foreignServer, path]
  const child = spawn('env', argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return {
    pid: child.pid,
    stop: () => child.kill('SIGSTOP'),
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a socket that another process answers is refused with its pid, and left alone', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const { pid, kill } = await listenElsewhere(t, path)
  const { ino } = lstatSync(path)
  await assert.rejects(
    openListener(greeter(t, 'ours'), { path, mode: 0o600 }),
    expectedError(
      'store_locked',
      'a socket that another process answers is refused with its pid, and left alone',
      { pid, path },
    ),
  )
  assert.equal(lstatSync(path).ino, ino)
  assert.equal(await readAll(await open(path)), 'theirs')
  assert.deepEqual(readdirSync(dirname(path)), ['cms.sock'])
  await kill()
  const listener = await openListener(greeter(t, 'ours'), { path, mode: 0o600 })
  assert.equal(await readAll(await open(path)), 'ours')
  await listener.close()
  assert.deepEqual(readdirSync(dirname(path)), [])
})

/** A process that has given its socket and its input to a child, which ends with that input. */
const parentServer = `
  const server = require('node:net').createServer()
  server.listen(process.argv[1], () => {
    const stdio = [0, 'ignore', 'ignore', server._handle.fd]
    require('node:child_process').spawn('cat', { stdio, detached: true }).once('spawn', () => console.log('ready'))
  })
`

test('a socket that a killed daemon has left to its child is free when the child has ended', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const parent = spawn(process.execPath, ['-e', parentServer, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(parent.stdout, 'data')
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  const opened = openListener(greeter(t, 'ours'), { path, mode: 0o600 })
  parent.stdin.end()
  const listener = await opened
  assert.equal(await readAll(await open(path)), 'ours')
  await listener.close()
})

test('so is one whose process hangs, also when its queue is full', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const { pid, stop } = await listenElsewhere(t, path)
  stop()
  const refusals = new Set<string>()
  for (let tries = 0; tries < 5; tries++) {
    await assert.rejects(
      openListener(greeter(t, 'ours'), { path, mode: 0o600 }),
      (error: Error) => {
        refusals.add(error.message)
        return (error as Error & { code: string }).code === 'store_locked'
      },
    )
  }
  const [known, unknown, ...more] = refusals
  assert.deepEqual(more, [])
  assertSentence(known, 'a process that hangs', { pid, path })
  assertSentence(unknown, 'a process that hangs, with a full queue', { path })
})

test('so is one that this process has open under another name', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const first = await openListener(greeter(t, 'first'), { path, mode: 0o600 })
  await assert.rejects(
    openListener(greeter(t, 'second'), { path, mode: 0o600 }),
    expectedError('store_locked', 'so is one that this process has open under another name', {
      path,
    }),
  )
  assert.equal(await readAll(await open(path)), 'first')
  await first.close()
})

test('so is a socket of another type', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const fd = openDatagramSocket(path)
  t.after(() => closeSync(fd))
  await assert.rejects(
    openListener(greeter(t, ''), { path, mode: 0o600 }),
    expectedError('store_locked', 'so is a socket of another type', { path }),
  )
})

test('so is one that nobody accepts on yet, as systemd makes it', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const fd = openListeningSocket(path)
  t.after(() => closeSync(fd))
  await assert.rejects(openListener(greeter(t, ''), { path, mode: 0o600 }), {
    code: 'store_locked',
  })
})

test(
  'a dead socket of another user is left alone, one of the owner to come is not',
  { skip },
  async (t) => {
    const directory = temporaryDirectory(t)
    chmodSync(directory, 0o1777)
    const path = join(directory, 'cms.sock')
    const { kill } = await listenElsewhere(t, path, stranger)
    await kill()
    await assert.rejects(
      openListener(greeter(t, ''), { path, mode: 0o600 }),
      expectedError(
        'config_invalid',
        'a dead socket of another user is left alone, one of the owner to come is not',
        { path, stranger },
      ),
    )
    assert.equal(lstatSync(path).uid, stranger)
    const options = { path, mode: 0o600, owner: String(stranger) }
    const listener = await openListener(greeter(t, ''), options)
    await listener.close()
  },
)

test('of two that start at once one is refused, whoever was first', async (t) => {
  for (let round = 0; round < 20; round++) {
    const path = join(temporaryDirectory(t), 'cms.sock')
    const starts = ['a', 'b', 'c'].map((name) =>
      openListener(greeter(t, name), { path, mode: 0o600 }),
    )
    const outcomes = await Promise.allSettled(starts)
    const open = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : [],
    )
    assert.equal(open.length, 1)
    await open[0]?.close()
    assert.deepEqual(readdirSync(dirname(path)), [])
  }
})

test(
  'a directory that another user can write is refused by name, and nothing is made',
  { skip },
  async (t) => {
    const outer = temporaryDirectory(t)
    const directory = join(outer, 'shared')
    mkdirSync(directory)
    const cases: [uid: number, gid: number, mode: number, message: string][] = [
      [0, 0, 0o777, `everybody may write the directory "${directory}"`],
      [0, 8, 0o2770, `the group "mail" may write the directory "${directory}"`],
      [stranger, 0, 0o700, `the directory "${directory}" belongs to the user "${stranger}"`],
    ]
    for (const [uid, gid, mode, message] of cases) {
      chownSync(directory, uid, gid)
      chmodSync(directory, mode)
      for (const path of [join(directory, 'cms.sock'), join(directory, 'below', 'cms.sock')]) {
        const refusal = { code: 'insecure_file_mode', message }
        await assert.rejects(openListener(greeter(t, ''), { path, mode: 0o600 }), refusal)
      }
      assert.deepEqual(readdirSync(directory), [])
    }
  },
)

test('a directory of everybody’s is taken while it is sticky', async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o1777)
  const path = join(directory, 'cms.sock')
  const listener = await openListener(greeter(t, 'hello'), { path, mode: 0o666 })
  assert.equal(await readAll(await open(path)), 'hello')
  await listener.close()
})

test('a stranger who holds the directory’s lock holds nobody up for long', async (t) => {
  const directory = temporaryDirectory(t)
  const holder = spawn('flock', [directory, 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => holder.stdin.end())
  await once(holder.stdout, 'data')
  const path = join(directory, 'cms.sock')
  const listener = await openListener(greeter(t, ''), { path, mode: 0o600 })
  assert.deepEqual(readdirSync(directory), ['cms.sock'])
  await listener.close()
})

test('a directory that may be written and not listed is taken', { skip }, (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o733 | 0o1000)
  const program = `
    import { createServer } from 'node:net'
    import { openListener } from '${new URL('../../../src/daemon/socket/listener.ts', import.meta.url).href}'
    process.setgroups([]); process.setgid(${stranger}); process.setuid(${stranger})
    const listener = await openListener(createServer(), { path: process.argv[1], mode: 0o600 })
    await listener.close()
  `
  const args = [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    program,
    join(directory, 'cms.sock'),
  ]
  execFileSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  assert.deepEqual(readdirSync(directory), [])
})
