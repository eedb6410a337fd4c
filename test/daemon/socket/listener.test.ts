import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openListener } from '../../../src/daemon/socket/listener.ts'
import { asUser } from '../../support/as-user.ts'
import { expectedError } from '../../support/golden.ts'
import { open, readAll, temporaryDirectory } from './token-socket.ts'

const isRoot = process.geteuid?.() === 0
const nobody = 65_534

function greeter(t: TestContext, greeting: string): Server {
  const server = createServer((socket) => socket.end(greeting))
  t.after(() => server.close())
  return server
}

async function greetingAt(path: string): Promise<string> {
  return readAll(await open(path))
}

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8)
}

test('the socket has its mode, stands alone in its directory, and goes at close', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'cms.sock')
  const listener = await openListener(greeter(t, 'hello'), { path, mode: 0o660 })
  assert.equal(await greetingAt(path), 'hello')
  assert.equal(modeOf(path), '660')
  assert.deepEqual(readdirSync(directory), ['cms.sock'])
  await listener.close()
  assert.deepEqual(readdirSync(directory), [])
})

test('the umask of the process is the same afterwards and does not count', async (t) => {
  const before = process.umask(0o027)
  t.after(() => process.umask(before))
  const path = join(temporaryDirectory(t), 'cms.sock')
  const listener = await openListener(greeter(t, ''), { path, mode: 0o666 })
  assert.equal(modeOf(path), '666')
  assert.equal(process.umask(), 0o027)
  await listener.close()
})

test('missing directories above are made for the owner only', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'a', 'b', 'cms.sock')
  const listener = await openListener(greeter(t, ''), { path, mode: 0o600 })
  assert.deepEqual([modeOf(join(directory, 'a')), modeOf(join(directory, 'a/b'))], ['700', '700'])
  await listener.close()
})

test('the longest path that a client can name is served', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'x'.repeat(107 - directory.length - 1))
  const listener = await openListener(greeter(t, 'hello'), { path, mode: 0o600 })
  assert.equal(await greetingAt(path), 'hello')
  await listener.close()
})

test('a path that is too long or abstract is refused', async (t) => {
  const directory = temporaryDirectory(t)
  for (const path of [join(directory, 'x'.repeat(107 - directory.length)), '\0cms']) {
    await assert.rejects(
      openListener(greeter(t, ''), { path, mode: 0o600 }),
      expectedError('config_invalid', 'a path that is too long or abstract is refused', { path }),
    )
  }
  assert.deepEqual(readdirSync(directory), [])
})

test('a socket of this process is replaced without a moment of absence', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const first = await openListener(greeter(t, 'first'), { path, mode: 0o600 })
  const options = { path, mode: 0o600, replaces: first }
  const second = await openListener(greeter(t, 'second'), options)
  assert.equal(await greetingAt(path), 'second')
  await first.close()
  assert.equal(await greetingAt(path), 'second')
  await second.close()
})

test('at close a name that is no longer ours stays', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const listener = await openListener(greeter(t, ''), { path, mode: 0o600 })
  renameSync(path, `${path}.moved`)
  writeFileSync(path, 'a file of somebody')
  await listener.close()
  assert.ok(lstatSync(path).isFile())
})

test('a name that is gone at close is not an error', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const listener = await openListener(greeter(t, ''), { path, mode: 0o600 })
  rmSync(path)
  await listener.close()
})

/** Runs the first part of `work` as a user for whom a mode of 0555 holds. */
function withoutPrivilege<T>(work: () => T): T {
  if (isRoot) process.seteuid?.(nobody)
  try {
    return work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

for (const [what, spoil] of [
  ['may not be written any more', (directory: string) => chmodSync(directory, 0o555)],
  [
    'has become a link that leads nowhere',
    (directory: string) => {
      renameSync(directory, `${directory}.old`)
      symlinkSync(directory, directory)
    },
  ],
  [
    'has become a file',
    (directory: string) => {
      renameSync(directory, `${directory}.old`)
      writeFileSync(directory, '')
    },
  ],
] as const) {
  test(`a socket whose directory ${what} closes all the same`, async (t) => {
    const above = temporaryDirectory(t)
    chmodSync(above, 0o755)
    const directory = join(above, 'run')
    const server = greeter(t, '')
    const listener = await openListener(server, { path: join(directory, 'cms.sock'), mode: 0o600 })
    spoil(directory)
    await withoutPrivilege(() => listener.close())
    assert.equal(server.listening, false)
  })
}

test('what is not a socket is left alone', async (t) => {
  const directory = temporaryDirectory(t)
  const [file, link, folder] = ['file', 'link', 'folder'].map((name) => join(directory, name))
  writeFileSync(file ?? '', '')
  symlinkSync('/nowhere', link ?? '')
  mkdirSync(folder ?? '')
  for (const path of [file, link, folder]) {
    await assert.rejects(
      openListener(greeter(t, ''), { path: path ?? '', mode: 0o600 }),
      expectedError('config_invalid', 'what is not a socket is left alone', { path }),
    )
  }
  assert.deepEqual(readdirSync(directory), ['file', 'folder', 'link'])
})

test('an owner or group that nobody knows is refused', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  for (const key of ['owner', 'group']) {
    await assert.rejects(
      openListener(greeter(t, ''), { path, mode: 0o600, [key]: 'no-such-name' }),
      expectedError('config_invalid', 'an owner or group that nobody knows is refused', { key }),
    )
  }
})

test('the socket is given to its owner and group', { skip: !isRoot }, async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const options = { path, mode: 0o660, owner: '4321', group: '8765' }
  const listener = await openListener(greeter(t, ''), options)
  const { uid, gid } = lstatSync(path)
  assert.deepEqual([uid, gid, modeOf(path)], [4321, 8765, '660'])
  await listener.close()
})

test('a directory that cannot be made or written is told with its reason', async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'file'), '')
  const path = join(directory, 'file', 'cms.sock')
  await assert.rejects(
    openListener(greeter(t, ''), { path, mode: 0o600 }),
    expectedError(
      'config_invalid',
      'a directory that cannot be made or written is told with its reason',
      { path },
    ),
  )
})

test('an inherited socket is served, and neither changed nor removed', async (t) => {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const { server: systemd, fd } = await listenOn(`${path}.new`)
  // Closing unlinks the name it was bound to, which is another one by then.
  renameSync(`${path}.new`, path)
  chmodSync(path, 0o640)
  const daemon = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', adopter],
    {
      stdio: ['pipe', 'pipe', 'inherit', fd],
    },
  )
  t.after(() => daemon.kill())
  systemd.close()
  await once(daemon.stdout ?? assert.fail(), 'data')
  assert.equal(await greetingAt(path), 'hello')
  daemon.stdin?.end()
  assert.deepEqual(await once(daemon, 'exit'), [0, null])
  assert.ok(lstatSync(path).isSocket())
  assert.equal(modeOf(path), '640')
})

/** Serves descriptor 3 until its input ends. */
const adopter = `
  import { createServer } from 'node:net'
  import { openListener } from '${new URL('../../../src/daemon/socket/listener.ts', import.meta.url).href}'
  const server = createServer((socket) => socket.end('hello'))
  const listener = await openListener(server, { path: '/nowhere', mode: 0o600, inheritedFd: 3 })
  process.stdin.on('end', () => listener.close()).resume()
  console.log('ready')
`

async function listenOn(path: string) {
  const server = createServer().listen(path)
  await once(server, 'listening')
  return { server, fd: (server as unknown as { _handle: { fd: number } })._handle.fd }
}

test('a descriptor that is not a socket is refused', async (t) => {
  await assert.rejects(
    openListener(greeter(t, ''), { path: '/run/cms.sock', mode: 0o600, inheritedFd: 9_999 }),
    expectedError('config_invalid', 'a descriptor that is not a socket is refused'),
  )
})

test('a directory that this user may not write is told with who can make the socket there', async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o555)
  const path = join(directory, 'cms.sock')
  const open = () => openListener(greeter(t, ''), { path, mode: 0o600 })
  await assert.rejects(
    process.getuid?.() === 0 ? asUser(65_534, open) : open(),
    expectedError(
      'config_invalid',
      'a directory that this user may not write is told with who can make the socket there',
      { path, directory },
    ),
  )
})
