/**
 * A token that the mail server does not accept before it expires: another one is asked for, once, and who
 * waits does not notice. After a refusal of another kind none is asked for.
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  DaemonUnreachableError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../../src/errors.ts'
import type { BridgeTokenRefusal } from '../../src/messages/bridge-messages.ts'
import { type Protocol, protocols } from '../../src/sasl/output-format.ts'
import { goodLogins, theirTag } from '../mail/good-logins.ts'
import { accessToken, certificates, holdsToken } from '../mail/try-login.ts'
import { assertSentence } from '../support/golden.ts'
import type { MailStep } from '../support/mail-server.ts'
import { logInThroughBridge } from './hostile-world.ts'

after(() => certificates.remove())

const user = 'user@example.com'
const other = { user, accessToken: `${accessToken}-other`, fingerprint: 'other' }

/** A server's script up to its verdict. */
function ending(protocol: Protocol, verdict: string): MailStep[] {
  const { plain, secure } = goodLogins[protocol]
  return [...plain, ...secure, { say: verdict }]
}

/** What says that the token is not accepted. */
const ofToken: Record<Protocol, string[]> = {
  SMTP: [
    '535 5.7.3 Authentication unsuccessful\r\n',
    '535 5.7.8 Username and Password not accepted\r\n',
    '535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.\r\n',
    '535 no\r\n',
    '501 5.5.127 token expires\r\n',
    '550 5.9.9 what nobody knows\r\n',
  ],
  IMAP: [
    `${theirTag} NO AUTHENTICATE failed.\r\n`,
    `${theirTag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n`,
    `${theirTag} NO [EXPIRED] that was yesterday\r\n`,
    `${theirTag} NO no\r\n`,
  ],
  POP: [
    '-ERR Authentication failure: unknown user name or bad password.\r\n',
    '-ERR [AUTH] no\r\n',
    '-ERR no\r\n',
  ],
}

/** What another token does not help against. */
const ofElse: Record<Protocol, string[]> = {
  SMTP: [
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.\r\n',
    '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.\r\n',
    '534 5.7.14 <https://accounts.google.com/signin/continue?sarp=1>\r\n',
    '525 5.7.13 User Account Disabled\r\n',
    '501 5.5.2 Syntax error\r\n',
    '454 4.7.0 Temporary authentication failure\r\n',
    '421 4.7.0 too many logins\r\n',
  ],
  IMAP: [
    `${theirTag} NO [UNAVAILABLE] later\r\n`,
    `${theirTag} NO [AUTHORIZATIONFAILED] not yours\r\n`,
    `${theirTag} NO [CONTACTADMIN] ask\r\n`,
    `${theirTag} NO [ALERT] Your account is not enabled for IMAP use.\r\n`,
    `${theirTag} NO LOGIN failed. Account is blocked.\r\n`,
    `${theirTag} BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n`,
    `${theirTag} BAD Command Argument Error. 12\r\n`,
    '* BYE so long\r\n',
  ],
  POP: [
    '-ERR [SYS/TEMP] later\r\n',
    '-ERR [SYS/PERM] no\r\n',
    '-ERR [IN-USE] wait\r\n',
    '-ERR Protocol disabled\r\n',
  ],
}

const stops = {
  SMTP: /^454 4\.7\.0 /,
  IMAP: new RegExp(`^${theirTag} NO \\[CONTACTADMIN\\]`),
  POP: /^-ERR \[SYS\/PERM\]/,
}
const waits = {
  SMTP: /^454 4\.7\.0 /,
  IMAP: new RegExp(`^${theirTag} NO \\[UNAVAILABLE\\]`),
  POP: /^-ERR \[SYS\/TEMP\]/,
}

for (const protocol of protocols) {
  const accepted = ending(protocol, goodLogins[protocol].ok)
  describe(protocol, { concurrency: 4 }, () => {
    for (const verdict of ofToken[protocol]) {
      const refusing = ending(protocol, verdict)

      test(`another token is tried after "${verdict.trim()}"`, async (t) => {
        const asked: BridgeTokenRefusal[] = []
        const told = await logInThroughBridge(t, protocol, {
          steps: (before) => (before === 0 ? refusing : accepted),
          another: (refused) => {
            asked.push(refused)
            return other
          },
        })
        assert.ok(told.isPiped, told.said)
        const [refused, ...more] = asked
        assert.deepEqual(more, [])
        assert.equal(refused?.fingerprint, 'f')
        assert.match(refused?.server ?? '', /^localhost:\d+$/)
        assert.ok(!holdsToken(JSON.stringify(refused)))
        assert.ok(told.received.includes(credentialOf(other.accessToken)))
      })

      test(`the second one is the last after "${verdict.trim()}"`, async (t) => {
        let connections = 0
        const told = await logInThroughBridge(t, protocol, {
          steps: (before) => {
            connections = before + 1
            return refusing
          },
          another: () => other,
        })
        assert.match(told.said, stops[protocol])
        assert.deepEqual([connections, told.taken], [2, 0])
      })
    }

    for (const verdict of ofElse[protocol]) {
      test(`none is asked for after "${verdict.trim()}"`, async (t) => {
        const told = await logInThroughBridge(t, protocol, {
          steps: ending(protocol, verdict),
          another: () => {
            throw new Error('another one was asked for')
          },
        })
        assert.ok(!told.isPiped)
        assert.equal(told.taken, 0)
      })
    }

    const refusing = ending(protocol, ofToken[protocol][0] ?? '')

    test('where the daemon has no other one, the refusal is what is told', async (t) => {
      let connections = 0
      const told = await logInThroughBridge(t, protocol, {
        steps: (before) => {
          connections = before + 1
          return refusing
        },
      })
      assert.match(told.said, stops[protocol])
      assert.equal(connections, 1)
    })

    for (const [what, steps, another] of [
      [
        'no token comes',
        () => refusing,
        async (_: BridgeTokenRefusal, limitMs: number) => {
          await delay(limitMs)
          throw new DaemonUnreachableError('no answer')
        },
      ],
      ['the next login is slow', (before: number) => (before === 0 ? refusing : []), () => other],
    ] as const) {
      test(`where ${what} in time, the program is to try again`, async (t) => {
        const told = await logInThroughBridge(t, protocol, { steps, another, loginLimitMs: 2_000 })
        assert.match(told.said, waits[protocol])
        assertSentence(told.said, `${protocol}: another token comes too late`)
        assert.equal(told.taken, 0)
      })
    }

    for (const [why, error, expected] of [
      ['the provider is away', new ProviderUnavailableError('no route'), waits],
      ['somebody must sign in', new SignInRequiredError('sign in', { hint: 'run login' }), stops],
    ] as const) {
      test(`why there is no other one is what is told: ${why}`, async (t) => {
        const told = await logInThroughBridge(t, protocol, {
          steps: refusing,
          another: () => {
            throw error
          },
        })
        assert.match(told.said, expected[protocol])
        assert.ok(told.said.includes(error.message), told.said)
        assert.equal(told.taken, 0)
      })
    }
  })
}

function credentialOf(token: string): string {
  const text = Buffer.from(`user=${user}\x01auth=Bearer ${token}\x01\x01`).toString('base64')
  return `\r\n${text}\r\n`
}
