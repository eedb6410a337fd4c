/** What the log says of programs that leave a bridge without having come as far as a login. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { denials } from '../../src/bridge/denials.ts'
import { createBridgeWorld } from '../support/bridge-world.ts'
import type { LogLine } from '../support/daemon.ts'
import { LineClient } from '../support/line-client.ts'

const world = await createBridgeWorld('[log]\nlevel = "debug"\n')
after(() => world.close())
const { user, password, port, daemon } = world

const plain = (given: string) =>
  `AUTH PLAIN ${Buffer.from(`\0${user}\0${given}`).toString('base64')}`

/** What a program says, and the lines of the log about it, in order. */
const visits: Record<string, { says: string[]; logged: string[] }> = {
  'looks in, as monitoring does': {
    says: ['EHLO x', 'QUIT'],
    logged: ['bridge.left the program left without trying to log in'],
  },
  'asks for TLS': {
    says: ['EHLO x', 'STARTTLS', 'QUIT'],
    logged: [`bridge.refused ${denials.tlsOff}`],
  },
  'asks for TLS, and does without': {
    says: ['STARTTLS', plain(password), 'QUIT'],
    logged: ['bridge.login', 'bridge.closed'],
  },
  'knows another mechanism only': {
    says: ['EHLO x', 'AUTH CRAM-MD5', 'QUIT'],
    logged: ['bridge.refused the program tries to log in by CRAM-MD5, which is not offered here'],
  },
  'knows another mechanism, and has a wrong password': {
    says: ['AUTH CRAM-MD5', plain('wrong'), 'QUIT'],
    logged: ['bridge.refused wrong user name or password'],
  },
}

const told = ({ event, reason = '' }: LogLine) => `${event} ${String(reason)}`.trimEnd()

test('one line says why a program left, and none is about what did not keep it out', async () => {
  const start = daemon.log.length
  for (const [name, { says, logged }] of Object.entries(visits)) {
    const before = daemon.log.length
    const client = new LineClient({ port, host: '127.0.0.1' })
    client.socket.write(says.map((line) => `${line}\r\n`).join(''))
    assert.match(await client.rest(), /221 /, name)
    await daemon.logged((line) => told(line) === logged.at(-1), before)
  }
  const lines = daemon.log.slice(start).filter(({ event }) => event.startsWith('bridge.'))
  assert.deepEqual(
    lines.map(told),
    Object.values(visits).flatMap(({ logged }) => logged),
  )
  const hints = lines.filter(({ event }) => event === 'bridge.refused').map(({ hint }) => hint)
  assert.ok(hints.every((hint) => typeof hint === 'string'))
})

test('who closes without a word more is told of too', async () => {
  const before = daemon.log.length
  const client = new LineClient({ port, host: '127.0.0.1' })
  await client.say('AUTH NTLM\r\n', /^504.*\r\n/m)
  client.socket.destroy()
  const line = await daemon.logged(({ event }) => event === 'bridge.refused', before)
  assert.match(String(line['reason']), /by NTLM/)
})
