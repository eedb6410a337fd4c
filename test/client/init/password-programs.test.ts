/** What programs get from `init` that know only passwords, with the real program where no daemon runs. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { findBridgePlace } from '../../../src/client/init/bridge-place.ts'
import { bridgeText } from '../../../src/client/init/bridge-text.ts'
import type { Answers } from '../../../src/client/init/answers.ts'
import { networkOf } from '../../../src/client/init/device-questions.ts'
import { fillBridgeExample } from '../../../src/client/init/fill-bridge-example.ts'
import {
  findPasswordProgram,
  type PasswordProgramName,
  passwordPrograms,
} from '../../../src/client/init/password-programs.ts'
import { loadConfiguration } from '../../../src/configuration-file/load.ts'
import { loadText } from '../../configuration-file/load-text.ts'
import { runClient } from '../../support/daemon.ts'
import { temporaryHome } from '../run-against.ts'

const user = 'me@example.com'
const password = 'abcdefghijklmnopqrstuvwx'
const clientId = '01234567-89ab-cdef-0123-456789abcdef'
const examples = join(import.meta.dirname, '..', '..', '..', 'examples', 'bridge')
const names = (Object.keys(passwordPrograms) as PasswordProgramName[]).filter(
  (name) => name !== 'device',
)

for (const { files } of Object.values(passwordPrograms)) {
  for (const { example } of files) {
    test(`${example} is filled in wholly`, () => {
      const text = fillBridgeExample(readFileSync(join(examples, example), 'utf8'), {
        user,
        password,
        place: { port: 2_525 },
      })
      assert.doesNotMatch(text, /EDIT|user(@|%40)domain|PASSWORD|\b(?:1587|1143|1110)\b/)
      assert.match(text, /\b2525\b|abcdefghijklmnopqrstuvwx|^sendmail_path/m)
    })
  }
}

for (const name of names) {
  test(`a bridge is written for ${name}, and the rest is left to do`, async (t) => {
    const home = await temporaryHome(t)
    const answers = [user, '', '', clientId, '', 'no', name]
    const { status, stdout, stderr } = await runClient(
      home,
      ['init'],
      answers.map((answer) => `${answer}\n`).join(''),
    )
    assert.deepEqual([status, stderr], [0, ''])
    const { bridges } = loadConfiguration({ file: home.configFile, env: home.env })
    const { protocol } = findPasswordProgram(name)
    assert.deepEqual(
      bridges.map((bridge) => [bridge.protocol, bridge.accounts.map((each) => each.user)]),
      [[protocol, [user]]],
    )
    assert.match(stdout, new RegExp(` init {3}# .*"${name}"\\n`))
    assert.ok(!existsSync(join(home.directory, '.fetchmailrc')))
  })
}

const answers: Answers = {
  user,
  service: 'office365',
  hosts: { smtp: 'smtp.example.com', imap: 'imap.example.com' },
  program: 'none',
  bridge: { program: 'dma' },
}

function bridgesOf(tables: string) {
  const account = `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "x"\n`
  return loadText(`${account}${tables}`).bridges
}

test('a bridge that is there and serves the program is taken, and any other left alone', async () => {
  const place = await findBridgePlace(answers)
  assert.ok(place !== undefined)
  const own = bridgesOf(bridgeText(user, { program: 'dma' }, place))
  assert.deepEqual(await findBridgePlace(answers, own), { ...place, isThere: true })
  const others = [
    own.map((bridge) => ({ ...bridge, callers: ['peer' as const] })),
    own.map((bridge) => ({ ...bridge, tls: 'required' as const })),
    own.map((bridge) => ({ ...bridge, accounts: [] })),
    own.map((bridge) => ({ ...bridge, protocol: 'POP' as const })),
  ]
  for (const bridges of others) {
    const found = await findBridgePlace(answers, bridges)
    assert.deepEqual([found?.isThere, found?.port === place.port], [false, false])
  }
})

test('a port that somebody listens on is passed over', async (t) => {
  const place = await findBridgePlace(answers)
  const other = createServer().listen(place?.port, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const found = await findBridgePlace(answers)
  assert.ok(found !== undefined && place !== undefined && found.port > place.port)
})

for (const tls of ['required', 'implicit', 'off'] as const) {
  test(`a device in a network gets a bridge with tls = "${tls}" that the configuration takes`, () => {
    const device = { host: '192.168.7.2', network: '192.168.7.0/24', tls }
    const bridge = { program: 'device', device } as const
    const place = { protocol: 'SMTP', host: device.host, port: 1_587, tls, isThere: false } as const
    const [loaded] = bridgesOf(bridgeText(user, bridge, place))
    assert.deepEqual(
      [loaded?.listen, loaded?.networks, loaded?.tls],
      [[{ host: device.host, port: 1_587 }], [device.network], tls],
    )
  })
}

test('the network of an address follows from its mask', () => {
  assert.equal(networkOf('192.168.7.2', '255.255.255.0'), '192.168.7.0/24')
  assert.equal(networkOf('10.1.130.9', '255.255.240.0'), '10.1.128.0/20')
  assert.equal(networkOf('10.0.0.1', '255.255.255.255'), '10.0.0.1/32')
})
