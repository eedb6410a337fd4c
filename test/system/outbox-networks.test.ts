/** Devices of a network, by raw dialogues as they are known from them, into an outbox on port 25 and others. Needs root. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { startListeningOutbox } from '../support/listening-outbox.ts'
import { createOtherMachine } from '../support/network-namespace.ts'

const machine = createOtherMachine(194)
after(() => machine.remove())
const { here, there } = machine
const [device, stranger] = there
const [secure = 0] = await findFreePorts(1)
const me = 'me@example.org'
const boss = 'boss@example.org'
const outbox = await startListeningOutbox('graph', [
  `listen = ["${here}:25", "127.0.0.1:${secure}"]`,
  `networks = "${device}"`,
  'plaintext = true',
  'tls = "starttls"',
  'caller = ["password", "network"]',
  'users = { printer = "user@example.com" }',
  `aliases = { root = "${me}" }`,
  'recipients = ["@example.org"]',
  'per_hour = 1000',
])
after(() => outbox.close())
const { world, password } = outbox

/** Says lines, each after the reply to the one before, with the codes that are wanted; what was wrong. */
const talker = `
import json, socket, sys
here, there, port, lines = json.loads(sys.argv[1])
s = socket.create_connection((here, port), 20, (there, 0))
f = s.makefile('rb')
for send, want in lines:
    if send is not None: s.sendall(send.encode('latin-1'))
    while True:
        said = f.readline().decode()
        if said[3:4] != '-': break
    if not said.startswith(want):
        print(repr(send)[:60], repr(said)); sys.exit()
print('ok')
`

type Line = [send: string | null, want: string]

function talk(lines: readonly Line[], from = device): Promise<string> {
  return machine.run('python3', '-c', talker, JSON.stringify([here, from, 25, lines]))
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

const hello: Line = [null, '220']
const mail: Line[] = [
  [`MAIL FROM:<scan@device>\r\n`, '250'],
  [`RCPT TO:<${boss}>\r\n`, '250'],
  ['DATA\r\n', '354'],
]
const quit: Line = ['QUIT\r\n', '221']
const login: Line[] = [
  ['AUTH LOGIN\r\n', '334 VXNlcm5hbWU6'],
  [`${base64('printer')}\r\n`, '334 UGFzc3dvcmQ6'],
  [`${base64(password)}\r\n`, '235'],
]

/** How each speaks, and what of its message must arrive. */
const devices: Record<string, { lines: Line[]; wanted: RegExp; by?: RegExp }> = {
  'a printer that logs in by the prompts of LOGIN': {
    lines: [
      hello,
      ['EHLO printer\r\n', '250'],
      ...login,
      ...mail,
      ['Subject: scan\r\n\r\na page\r\n.\r\n', '250'],
      quit,
    ],
    wanted: /a page/,
    by: /^X-Submitted-By: program@\S+ \(password\)/m,
  },
  'a scanner that says its name with AUTH LOGIN': {
    lines: [
      hello,
      ['EHLO [192.168.7.20]\r\n', '250'],
      [`AUTH LOGIN ${base64('printer')}\r\n`, '334'],
      [`${base64(password)}\r\n`, '235'],
      ...mail,
      ['Subject: scan\r\n\r\nby name\r\n.\r\n', '250'],
      quit,
    ],
    wanted: /by name/,
  },
  'an old UPS with HELO, without a login': {
    lines: [
      hello,
      ['HELO ups\r\n', '250'],
      ...mail,
      ['Subject: on battery\r\n\r\nfive minutes left\r\n.\r\n', '250'],
      quit,
    ],
    wanted: /five minutes left/,
    by: /^X-Submitted-By: 192\.168\.194\.2@\S+ \(network\)/m,
  },
  'a switch that says no HELO, and writes spaces where none belong': {
    lines: [
      hello,
      [`MAIL FROM: <switch>\r\n`, '250'],
      [`RCPT TO: ${boss}\r\n`, '250'],
      ['DATA\r\n', '354'],
      ['link down\r\n.\r\n', '250'],
      quit,
    ],
    wanted: /link down/,
  },
  'a controller that ends its commands with a line feed alone': {
    lines: [
      hello,
      ['HELO plc\n', '250'],
      [`MAIL FROM:<plc>\n`, '250'],
      [`RCPT TO:<${boss}>\n`, '250'],
      ['DATA\n', '354'],
      ['Subject: alarm\n\nbare\n.\nlines\r\n.\r\n', '250'],
      quit,
    ],
    wanted: /bare\r\n\.\r\nlines/,
  },
  'a camera with a line of 5,000 letters and 8-bit text without MIME': {
    lines: [
      hello,
      ['EHLO camera\r\n', '250'],
      ...mail,
      [`Subject: Gr\xfc\xdfe\r\n\r\nT\xfcr ${'x'.repeat(5_000)} end\r\n.\r\n`, '250'],
      quit,
    ],
    wanted: /T=FCr x{5000} end/,
  },
  'a NAS that hangs up without QUIT': {
    lines: [
      hello,
      ['EHLO nas\r\n', '250'],
      ...mail,
      ['From: nas\r\nTo: nobody@elsewhere.org\r\nSubject: disk\r\n\r\nraid\r\n.\r\n', '250'],
    ],
    wanted: /raid/,
  },
  'a meter that sends all at once': {
    lines: [
      hello,
      ['EHLO m\r\n', '250'],
      [`RSET\r\nMAIL FROM:<m>\r\nRCPT TO:<${boss}>\r\nDATA\r\n`, '250'],
      ['', '250'],
      ['', '250'],
      ['', '354'],
      ['Subject: m\r\n\r\nkWh\r\n.\r\nQUIT\r\n', '250'],
      ['', '221'],
    ],
    wanted: /kWh/,
  },
}

for (const [name, { lines, wanted, by = /^X-Submitted-By: /m }] of Object.entries(devices)) {
  test(`the mail of ${name} arrives once, at whom it named`, async () => {
    const before = outbox.api.sent.length
    assert.equal(await talk(lines), 'ok\n')
    const sent = await outbox.sentAfter(before)
    assert.deepEqual(
      sent.map((each) => each.recipients),
      [[boss]],
    )
    assert.match(sent[0]?.read.body.replaceAll('=\r\n', '') ?? '', wanted)
    assert.match(sent[0]?.bytes.toString() ?? '', by)
  })
}

test('who is outside of the networks is closed before the greeting', async () => {
  assert.equal(await talk([hello], stranger), "None ''\n")
})

test('a device whose password was removed is not let in by it any more', async () => {
  const { stdout } = await runClient(world.home, ['bridge', 'add-password', 'gone'])
  assert.equal((await runClient(world.home, ['bridge', 'remove-password', 'gone'])).status, 0)
  const wrong = `AUTH PLAIN ${base64(`\0printer\0${stdout.trim()}`)}\r\n`
  assert.equal(await talk([hello, [wrong, '535'], quit]), 'ok\n')
})

test('STARTTLS, with the certificate that is printed', async () => {
  const printed = await runClient(world.home, ['bridge', 'certificate'])
  const caFile = join(world.home.directory, 'outbox.pem')
  writeFileSync(caFile, printed.stdout)
  const before = outbox.api.sent.length
  const script = [
    'import smtplib, ssl',
    `s = smtplib.SMTP("${here}", 25, source_address=("${device}", 0), timeout=20)`,
    `s.starttls(context=ssl.create_default_context(cafile="${caFile}"))`,
    `s.login("printer", "${password}")`,
    `print(s.sendmail("p@x.org", ["${boss}", "root"], "Subject: hi\\r\\n\\r\\nbody\\r\\n"))`,
  ]
  assert.equal(await machine.run('python3', '-c', script.join('\n')), '{}\n')
  const [sent] = await outbox.sentAfter(before)
  assert.deepEqual(sent?.recipients.toSorted(), [boss, me])
})
