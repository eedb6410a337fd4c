/** What a session gives to whoever goes on, and what servers do that are slow, careless or hostile. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Mask } from '../../src/logging/mask.ts'
import { type Protocol, protocols } from '../../src/sasl/output-format.ts'
import type { MailStep } from '../support/mail-server.ts'
import { goodLogins, theirTag } from './good-logins.ts'
import { credentialFor, logIn, openSession } from './open-session.ts'
import { accessToken, certificates, holdsToken, oauthbearer, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

/** The good script with something done to what the server says. */
function altered(protocol: Protocol, alter: (say: string) => MailStep): MailStep[] {
  const { plain, secure, ok } = goodLogins[protocol]
  const steps: MailStep[] = [...plain, ...secure, { say: ok }]
  return steps.map((step) => ('say' in step ? alter(step.say) : step))
}

const careless: [name: string, alter: (say: string) => MailStep][] = [
  ['an honest one', (say) => ({ say })],
  ['one that sends byte by byte', (trickle) => ({ trickle })],
  ['one that ends lines with LF alone', (say) => ({ say: say.replaceAll('\r\n', '\n') })],
]

for (const protocol of protocols) {
  for (const [name, alter] of careless) {
    // A literal counts its bytes.
    const isExact = protocol === 'IMAP' && name.includes('LF')
    test(`${protocol} logs in at a server, and knows what it offers in TLS: ${name}`, async (t) => {
      const steps = altered(protocol, (say) =>
        alter(isExact ? say.replace(/\* LIST.* b\r\n/s, '') : say),
      )
      const { session, server } = await openSession(t, protocol, steps)
      await logIn(session)
      assert.deepEqual(session.capabilities, goodLogins[protocol].capabilities)
      assert.deepEqual(server.surprises, [])
    })
  }
}

for (const protocol of protocols) {
  test(`${protocol}: the text of an accepted login is masked for whoever reads it, and only then`, async (t) => {
    const hidden = t.mock.method(Mask.prototype, 'apply')
    const { plain, secure, ok } = goodLogins[protocol]
    const echo = ok.replace(/ \S+\r\n$/, ` ${accessToken}\r\n`)
    const { session } = await openSession(t, protocol, [...plain, ...secure, { say: echo }])
    const reply = await logIn(session)
    // What the client of a bridge is sent.
    const masked = protocol === 'IMAP' ? 1 : 0
    assert.equal(hidden.mock.callCount(), masked)
    assert.match(reply.text, /\[secret\]$/)
    assert.ok(!holdsToken(inspect(reply, { getters: true })))
  })
}

test('IMAP: untagged responses and the tagged OK come as they are, under the tag of the caller', async (t) => {
  const { session } = await openSession(
    t,
    'IMAP',
    altered('IMAP', (say) => ({ say })),
  )
  await session.begin()
  const reply = await session.logIn(credentialFor('IMAP'), theirTag)
  assert.deepEqual(reply, { code: 'OK', text: '[X] in', verbatim: goodLogins.IMAP.ok })
})

for (const tag of ['', '*', '+', 'a b', 'a\r\nb', 'a"', 'a{', '\u00e4']) {
  test(`IMAP: not a tag: ${JSON.stringify(tag)}`, async (t) => {
    const { session, server } = await openSession(
      t,
      'IMAP',
      altered('IMAP', (say) => ({ say })),
    )
    await session.begin()
    await assert.rejects(session.logIn(credentialFor('IMAP'), tag), TypeError)
    assert.doesNotMatch(server.received(), /AUTHENTICATE/)
  })
}

test('a command is one line', async (t) => {
  const { connection } = await openSession(t, 'SMTP', [])
  for (const line of ['a\r\nb', 'a\nb', 'a\r'])
    assert.throws(() => connection.send(line), TypeError)
})

test('IMAP: the list after the login is asked for again', async (t) => {
  const { plain, secure, ok } = goodLogins.IMAP
  const more: MailStep[] = [
    { hear: /^a3 CAPABILITY$/ },
    { say: '* CAPABILITY A  B=c\r\na3 OK\r\n' },
  ]
  const { session } = await openSession(t, 'IMAP', [...plain, ...secure, { say: ok }, ...more])
  await logIn(session)
  await session.readCapabilities()
  assert.deepEqual(session.capabilities, ['A', 'B=c'])
})

test('SMTP: the conversation goes on after the login', async (t) => {
  const { plain, secure, ok } = goodLogins.SMTP
  const mail: MailStep[] = [{ hear: /^MAIL FROM:<>$/ }, { say: '250-2.1.0 a\r\n250 2.1.0 b\r\n' }]
  const { session } = await openSession(t, 'SMTP', [...plain, ...secure, { say: ok }, ...mail])
  await logIn(session)
  const reply = await session.command('MAIL FROM:<>')
  assert.deepEqual(reply, { code: '250', lines: ['2.1.0 a', '2.1.0 b'] })
})

test('what was said in plain text is forgotten in TLS: IMAP alerts', async (t) => {
  const { plain, secure } = goodLogins.IMAP
  const steps: MailStep[] = [...plain, ...secure, { say: `${theirTag} NO no\r\n` }]
  const { session } = await openSession(t, 'IMAP', steps)
  await assert.rejects(logIn(session), ({ message }: Error) => !message.includes('in between'))
})

for (const isImplicitTls of [true, false]) {
  const where = isImplicitTls ? 'TLS' : 'plain text'
  test(`a page that a server names in ${where} is ${isImplicitTls ? '' : 'not '}advised`, async (t) => {
    const url = 'https://accounts.example/continue'
    const steps: MailStep[] = [{ say: `* NO [WEBALERT ${url}] Web login required.\r\n` }]
    const { session } = await openSession(t, 'IMAP', steps, { isImplicitTls })
    await assert.rejects(logIn(session), ({ hint }: Error & { hint: string }) => {
      assert.match(hint, /browser/)
      return hint.includes(url) === isImplicitTls
    })
  })
}

/** What a server says in place of its reply to the credential; nothing of the token may be thrown. */
const repeats = [accessToken, xoauth2, oauthbearer, Buffer.from(accessToken).toString('hex')]

for (const protocol of protocols) {
  test(`${protocol}: a token that the server repeats is in nothing that comes back`, async (t) => {
    const { plain, secure } = goodLogins[protocol]
    const no = { SMTP: '535 ', IMAP: `${theirTag} NO `, POP: '-ERR ' }[protocol]
    const yes = { SMTP: '235 ', IMAP: `* OK ${accessToken}\r\n${theirTag} OK `, POP: '+OK ' }
    for (const said of repeats) {
      const refused = await openSession(t, protocol, [
        ...plain,
        ...secure,
        { say: `${no}${said}\r\n` },
      ])
      await assert.rejects(logIn(refused.session), ({ message }: Error) => !holdsToken(message))
      const steps: MailStep[] = [...plain, ...secure, { say: `${yes[protocol]}${said}\r\n` }]
      const accepted = await openSession(t, protocol, steps)
      assert.ok(!holdsToken(JSON.stringify(await logIn(accepted.session))))
    }
  })
}
