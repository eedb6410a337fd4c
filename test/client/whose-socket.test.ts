/** Whose socket the client talks to: nothing is told to, or believed from, a stranger's. Needs root, to make one. */
import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findOutbox } from '../../src/socket-client/outbox-path.ts'
import { strangerAt } from '../../src/socket-client/stranger-at.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { type Home, runClient } from '../support/daemon.ts'
import { assertResult, assertSentence } from '../support/golden.ts'
import { serveTokens, temporaryHome } from './run-against.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root, to make a socket of another user'
const [us, stranger] = [0, 12_345]
const user = 'user@example.com'

interface Place {
  directory: number
  mode?: number
  socket: number
}

function make(path: string, { directory, mode = 0o755, socket }: Place): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
  chownSync(path, socket, socket)
  chownSync(dirname(path), directory, directory)
  chmodSync(dirname(path), mode)
}

const places: [string, Place, { found: boolean; named: boolean }][] = [
  ['ours', { directory: us, socket: us }, { found: false, named: false }],
  [
    'of a service in a directory of root',
    { directory: us, socket: stranger },
    { found: false, named: false },
  ],
  ['of another user', { directory: stranger, socket: stranger }, { found: true, named: false }],
  [
    'ours in the directory of another',
    { directory: stranger, socket: us },
    { found: true, named: false },
  ],
  [
    'ours where all may write',
    { directory: us, mode: 0o1777, socket: us },
    { found: false, named: false },
  ],
  [
    'of another where all may write',
    { directory: us, mode: 0o1777, socket: stranger },
    { found: true, named: true },
  ],
  [
    'in a directory of another where all may write',
    { directory: stranger, mode: 0o1777, socket: us },
    { found: true, named: true },
  ],
]
for (const [name, place, { found, named }] of places) {
  test(`a socket is a stranger's, found or named: ${name}`, { skip }, (t) => {
    const path = join(temporaryDirectory(t), 'place', 'cms.sock')
    make(path, place)
    assert.deepEqual(
      [strangerAt(path, false), strangerAt(path, true)],
      [found ? stranger : undefined, named ? stranger : undefined],
    )
  })
}

test('where there is no socket, connecting says it', () => {
  assert.equal(strangerAt('/nowhere/cms.sock', false), undefined)
})

test('mail is not handed to the outbox of a stranger, unless it is named', { skip }, (t) => {
  const runtime = temporaryDirectory(t)
  const path = join(runtime, 'cms-oauth', 'outbox.sock')
  make(path, { directory: stranger, socket: stranger })
  assert.notEqual(findOutbox({ XDG_RUNTIME_DIR: runtime }), path)
  assert.equal(findOutbox({ XDG_RUNTIME_DIR: runtime, CMS_OUTBOX: path }), path)
  chownSync(dirname(path), us, us)
  assert.equal(findOutbox({ XDG_RUNTIME_DIR: runtime }), path)
})

/** A socket of another user, where the environment leads; how often somebody came. */
async function serveAsStranger(t: TestContext, { controlSocket }: Home) {
  const visits = { count: 0 }
  const server = createServer((socket) => {
    visits.count++
    socket.end()
  })
  mkdirSync(dirname(controlSocket), { recursive: true })
  await new Promise<void>((resolve) => server.listen(controlSocket, resolve))
  t.after(() => server.close())
  for (const path of [controlSocket, dirname(controlSocket)]) chownSync(path, stranger, stranger)
  return visits
}

const commands: [string[], string?][] = [
  [['status']],
  [['reload']],
  [['doctor']],
  [['login', user]],
  [['logout', user]],
  [['refresh', user]],
  [['import', user], 'refresh-token\n'],
  [['bridge', 'list-passwords']],
  [['bridge', 'add-password', 'printer']],
]

test(
  'no command tells the daemon of a stranger anything, unless its socket is named',
  { skip },
  async (t) => {
    const home = await temporaryHome(t)
    const visits = await serveAsStranger(t, home)
    for (const [words, input] of commands) {
      const result = await runClient(home, words, input)
      assertResult(result, 77, 'a control socket of a stranger', {
        stranger: String(stranger),
        directory: home.directory,
      })
    }
    assert.equal(visits.count, 0)
    await runClient(home, ['status', `--control-sock=${home.controlSocket}`])
    assert.ok(visits.count > 0)
  },
)

test('a token from the socket of a stranger comes with a warning', { skip }, async (t) => {
  const home = await temporaryHome(t)
  await serveTokens(t, home, () => 'T0KEN')
  chownSync(dirname(home.tokenSocket), stranger, stranger)
  const asked = [`--user=${user}`, '--output=token']
  const { status, stdout, stderr } = await runClient(home, asked)
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'T0KEN\n' })
  assertSentence(stderr, 'a token socket of a stranger', {
    stranger: String(stranger),
    directory: home.directory,
  })
  const named = await runClient(home, [...asked, `--cms_sock=${home.tokenSocket}`])
  assert.deepEqual(named, { status: 0, stdout: 'T0KEN\n', stderr: '' })
})
