/** A bridge and other machines: network namespaces with addresses of their own. Needs root. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bridgeToml } from '../support/bridge-world.ts'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertSentence } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { createOtherMachine } from '../support/network-namespace.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const machine = createOtherMachine()
after(() => machine.remove())
const { here, there } = machine
const [device, stranger] = there
const world = await createWorld()
after(() => world.close())
const { user, mail, home } = world
const [secure = 0, open = 0, everywhere = 0, loopback = 0] = await findFreePorts(4)
const network = `networks = ["${device}"]\n`
const plaintext = `${network}plaintext = true\ncaller = ["network"]\n`
const daemon = await startSignedIn(
  world,
  [
    accountToml(world),
    bridgeToml(
      world,
      [`${here}:${secure}`, `127.0.0.1:${loopback}`],
      `${network}tls = "required"\n`,
    ),
    bridgeToml(world, [`${here}:${open}`], plaintext.replace(device, `${here}", "${device}`)),
    bridgeToml(world, [`[::]:${everywhere}`], plaintext),
  ].join('\n'),
)
after(() => daemon.stop())
const password = (await runClient(home, ['bridge', 'add-password', 'printer'])).stdout.trim()
const printed = await runClient(home, ['bridge', 'certificate'])
const caFile = join(home.directory, 'bridge.pem')
writeFileSync(caFile, printed.stdout)

/** What Python says after these lines, which begin with a connection from one of the addresses. */
function python(from: string, port: number, ...lines: string[]): Promise<string> {
  const begin = `s = smtplib.SMTP("${here}", ${port}, source_address=("${from}", 0), timeout=20)`
  const script = ['import smtplib, ssl', 'try:', ...[begin, ...lines].map((line) => `  ${line}`)]
  const end = ['except Exception as error:', '  print(type(error).__name__, error)']
  return machine.run('python3', '-c', [...script, ...end].join('\n'))
}

const send = `print(s.sendmail("${user}", ["friend@example.org"], "Subject: hi\\r\\n\\r\\nbody\\r\\n"))`

test('a printer in the network sends by TLS, which it verifies by our address', async () => {
  const said = await python(
    device,
    secure,
    `s.starttls(context=ssl.create_default_context(cafile="${caFile}"))`,
    `s.login("${user}", "${password}")`,
    send,
  )
  assert.equal(said, '{}\n')
  const login = await daemon.logged(({ event }) => event === 'bridge.login')
  assert.deepEqual(
    [login['caller'], login['address'], login['uid']],
    ['printer', device, undefined],
  )
})

test('without TLS it is not let in', async () => {
  assert.match(await python(device, secure, send), /^SMTPSenderRefused \(530, /)
})

test('a device that cannot log in sends where the network alone lets in, by IPv4 at [::] too', async () => {
  for (const port of [open, everywhere]) {
    const before = mail.messages.length
    assert.equal(await python(device, port, send), '{}\n')
    assert.equal(mail.messages.length, before + 1)
    assert.equal(mail.messages.at(-1)?.user, user)
  }
  const login = await daemon.logged(({ caller }) => caller === 'network')
  assert.equal(login['address'], device)
})

test('who is outside is closed before the greeting, and told of once', async () => {
  for (const port of [secure, open, everywhere, secure]) {
    assert.match(await python(stranger, port), /^SMTPServerDisconnected /)
  }
  await daemon.logged(({ event, address }) => event === 'bridge.stray' && address === stranger)
  const told = daemon.log.filter(({ address }) => address === stranger)
  assert.equal(told.length, 1)
})

test('a program of this machine is not a device of the network, and always connects by loopback', async () => {
  const client = new LineClient({ port: open, host: here })
  await client.say('')
  const said = await client.say(`MAIL FROM:<${user}>\r\n`)
  assertSentence(said, 'a program of this machine', { code: '550 5.7.1' })
  client.socket.destroy()
  for (const port of [loopback, everywhere]) {
    const local = new LineClient({ port, host: '127.0.0.1' })
    await local.say('')
    local.socket.destroy()
  }
})
