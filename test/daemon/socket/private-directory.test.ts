import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PrivateDirectory } from '../../../src/daemon/socket/private-directory.ts'
import { temporaryDirectory } from './token-socket.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root, to give files away'

function roomIn(directory: string): string {
  const [name, ...others] = readdirSync(directory)
  assert.deepEqual(others, [])
  return join(directory, name ?? assert.fail('no room'))
}

async function bindIn(t: TestContext, room: PrivateDirectory): Promise<void> {
  const server = createServer().listen(room.socketPath)
  await once(server, 'listening')
  t.after(() => server.close())
}

test('a room is ours alone, and is removed with the socket that was born in it', async (t) => {
  const directory = temporaryDirectory(t)
  const room = PrivateDirectory.make(directory)
  assert.equal(statSync(roomIn(directory)).mode & 0o777, 0o700)
  await bindIn(t, room)
  room.remove()
  assert.deepEqual(readdirSync(directory), [])
})

/** What somebody may have put in the place of the room, or into it. */
const swaps: Record<string, (room: string, victim: string) => void> = {
  'a link to another directory': (room, victim) => symlinkSync(victim, room),
  'another directory': (room) => mkdirSync(room),
  'a full directory': (room, victim) => {
    symlinkSync(victim, room)
    writeFileSync(`${victim}/other`, '')
  },
  'a file': (room) => writeFileSync(room, 'of somebody'),
  'a socket’s name elsewhere': (room, victim) => renameSync(victim, room),
  nothing: () => {},
}

for (const [what, swap] of Object.entries(swaps)) {
  test(`what took the place of a room is left alone: ${what}`, (t) => {
    const directory = temporaryDirectory(t)
    const victim = join(directory, 'victim')
    mkdirSync(victim)
    const room = PrivateDirectory.make(join(directory, '.'))
    const [name = ''] = readdirSync(directory).filter((entry) => entry.startsWith('.cms-oauth-'))
    // Where a removal that followed the link would find something under the room's own name.
    writeFileSync(join(victim, name), 'precious')
    const path = join(directory, name)
    renameSync(path, join(directory, 'moved'))
    swap(path, victim)
    const before = listAll(directory)
    room.remove()
    assert.deepEqual(listAll(directory), before)
  })
}

function listAll(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()
}

test('what somebody has put into a room stays, and the room with it', (t) => {
  const directory = temporaryDirectory(t)
  const room = PrivateDirectory.make(directory)
  const path = roomIn(directory)
  writeFileSync(join(path, 'file'), '')
  mkdirSync(join(path, 'folder'))
  room.remove()
  assert.deepEqual(readdirSync(path), ['file', 'folder'])
})

/** Makes a room, with a socket in it, and waits to be killed. */
const maker = `
  import { createServer } from 'node:net'
  import { PrivateDirectory } from '${new URL('../../../src/daemon/socket/private-directory.ts', import.meta.url).href}'
  const room = PrivateDirectory.make(process.argv[1])
  createServer().listen(room.socketPath, () => console.log('ready'))
`

test('a killed process’s room is removed by the next one, a living one’s never', async (t) => {
  const directory = temporaryDirectory(t)
  const args = ['--import', 'tsx', '--input-type=module', '-e', maker, directory]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const left = roomIn(directory)
  PrivateDirectory.make(directory).remove()
  assert.equal(readdirSync(left).length, 1, 'its maker lives')
  child.kill('SIGKILL')
  await once(child, 'exit')
  PrivateDirectory.make(directory).remove()
  assert.deepEqual(readdirSync(directory), [])
})

test('what only looks like a leftover is left alone', { skip }, (t) => {
  const directory = temporaryDirectory(t)
  const victim = temporaryDirectory(t)
  writeFileSync(join(victim, '.cms-oauth-aaaaaa'), 'precious')
  symlinkSync(victim, join(directory, '.cms-oauth-aaaaaa'))
  writeFileSync(join(directory, '.cms-oauth-bbbbbb'), 'a file')
  for (const name of ['.cms-oauth-cccccc', '.cms-oauth-more', '.cms-oauth-toolong']) {
    mkdirSync(join(directory, name))
  }
  chownSync(join(directory, '.cms-oauth-cccccc'), 64_321, 64_321)
  mkdirSync(join(directory, '.cms-oauth-dddddd'))
  writeFileSync(join(directory, '.cms-oauth-dddddd', 'file'), '')
  const before = listAll(directory)
  PrivateDirectory.make(directory).remove()
  assert.deepEqual(listAll(directory), before)
  assert.ok(existsSync(join(victim, '.cms-oauth-aaaaaa')))
})

test('a directory that is gone meanwhile costs nothing', (t) => {
  const directory = join(temporaryDirectory(t), 'gone')
  mkdirSync(directory)
  const room = PrivateDirectory.make(directory)
  rmdirSync(roomIn(directory))
  rmdirSync(directory)
  room.remove()
})
