/** What a reload does with the token sockets, above all where it comes to nothing half-way. */
import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Audit } from '../../src/daemon/audit.ts'
import { Accounts } from '../../src/accounts/accounts.ts'
import type { Configuration, SocketConfiguration } from '../../src/configuration/configuration.ts'
import { TokenSockets } from '../../src/daemon/token-sockets.ts'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { testConfiguration } from '../support/configurations.ts'
import { openListeningSocket } from '../support/unix-socket.ts'
import {
  ListLog,
  servedToken,
  socketConfiguration,
  temporaryDirectory,
  user,
} from './socket/token-socket.ts'

type Sockets = Record<string, Partial<SocketConfiguration>>

function prepare(t: TestContext, inheritedNames: readonly string[] = []) {
  const directory = temporaryDirectory(t)
  const pathOf = (name: string) => join(directory, name)
  const inherited = inheritedNames.map((name) => {
    const path = pathOf(name)
    return { fd: openListeningSocket(path), name: '', address: { path } }
  })
  const configured = (sockets: Sockets): Configuration =>
    testConfiguration({
      accounts: [
        { user, provider: 'office365', clientId: 'id', grant: 'authorization_code', saslUser: {} },
      ],
      sockets: Object.entries(sockets).map(([name, changes]) =>
        socketConfiguration({ path: pathOf(name), reply: 'token', ...changes }),
      ),
    })
  const accounts = Accounts.from(configured({ any: {} }))
  const sockets = new TokenSockets({
    tokens: { serve: () => servedToken },
    accounts: () => accounts,
    inherited,
    audit: new Audit(new ListLog()),
  })
  t.after(() => sockets.close())
  return {
    directory,
    pathOf,
    apply: (wanted: Sockets) => sockets.apply(configured(wanted)),
    answer: async (name: string) =>
      (await askSocket(pathOf(name), `SMTP ${user}`, 5_000)).toString(),
  }
}

/** What no socket can be opened at, each for another reason, found at another moment. */
const obstacles: Record<
  string,
  { spoil: (path: string) => void; keys?: Partial<SocketConfiguration> }
> = {
  'something else lies there': { spoil: (path) => writeFileSync(path, 'not a socket') },
  'a directory lies there': { spoil: (path) => mkdirSync(path) },
  'its owner is unknown': { spoil: () => {}, keys: { owner: 'nobody-of-this-name' } },
  'its group is unknown': { spoil: () => {}, keys: { group: 'nobody-of-this-name' } },
  'somebody in allow is unknown': {
    spoil: () => {},
    keys: { allow: { users: ['nobody-of-this-name'], groups: [] } },
  },
}

for (const [obstacle, { spoil, keys = {} }] of Object.entries(obstacles)) {
  test(`a reload whose last socket cannot be opened, because ${obstacle}, loses none`, async (t) => {
    const { directory, pathOf, apply, answer } = prepare(t)
    await apply({ kept: {}, replaced: {} })
    const before = ['kept', 'replaced'].map((name) => lstatSync(pathOf(name)).ino)
    spoil(pathOf('bad'))
    const names = readdirSync(directory)
    const wanted = { kept: {}, replaced: { mode: 0o660 }, added: {}, bad: keys }
    await assert.rejects(apply(wanted), { code: 'config_invalid' })
    assert.deepEqual(readdirSync(directory), names)
    const after = ['kept', 'replaced'].map((name) => lstatSync(pathOf(name)).ino)
    assert.deepEqual(after, before)
    for (const name of ['kept', 'replaced']) assert.equal(await answer(name), 'T0KEN')
    await apply({ replaced: { mode: 0o660 }, added: {} })
    assert.equal(lstatSync(pathOf('replaced')).mode & 0o777, 0o660)
    for (const name of ['replaced', 'added']) assert.equal(await answer(name), 'T0KEN')
    assert.equal(existsSync(pathOf('kept')), false)
  })
}

test('a socket that systemd made is still there for the reload after one that failed', async (t) => {
  const { pathOf, apply, answer } = prepare(t, ['inherited'])
  const { ino } = lstatSync(pathOf('inherited'))
  await apply({ own: {} })
  writeFileSync(pathOf('bad'), 'not a socket')
  await assert.rejects(apply({ own: {}, inherited: {}, bad: {} }), { code: 'config_invalid' })
  await apply({ own: {}, inherited: {} })
  assert.equal(await answer('inherited'), 'T0KEN')
  assert.equal(lstatSync(pathOf('inherited')).ino, ino)
})

test('a start whose last socket cannot be opened leaves none', async (t) => {
  const { directory, pathOf, apply } = prepare(t)
  writeFileSync(pathOf('bad'), 'not a socket')
  await assert.rejects(apply({ first: {}, second: {}, bad: {} }), { code: 'config_invalid' })
  assert.deepEqual(readdirSync(directory), ['bad'])
})
