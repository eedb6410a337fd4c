/** A spool, and what it is delivered to, without a process of its own. */
import type { TestContext } from 'node:test'
import type { DeliveryRoute } from '../../src/configuration/outbox-configuration.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import type { Delivery, DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import { deliver } from '../../src/sender/deliver.ts'
import type { createTestCertificates } from '../support/certificates.ts'
import type { SendingToken } from '../support/sending-server.ts'
import { createSpool, type TestSpool } from '../support/spool.ts'

/** Whose mailbox the tests send from. */
export const account = 'notify@example.com'
export const me = 'me@example.org'
export const you = 'you@example.net'

/** Access tokens by what they are good for; each holds enough letters to be recognised anywhere. */
export const tokens = {
  gmail: 'ya29.a0-GmailSend-9d1f0f3b5c7e',
  gmailRead: 'ya29.a0-GmailRead-1a2b3c4d5e6f',
  graph: 'eyJ0-GraphSend-77aa66bb55cc',
  graphApp: 'eyJ0-GraphApp-00ff11ee22dd',
  outlook: 'eyJ0-OutlookSmtp-123456abcdef',
  stale: 'stale-ya29-4fc81b0e22d97a60',
} as const

const known: Record<string, SendingToken> = {
  [tokens.gmail]: { user: account, scopes: ['https://www.googleapis.com/auth/gmail.send'] },
  [tokens.gmailRead]: { user: account, scopes: ['https://www.googleapis.com/auth/gmail.readonly'] },
  [tokens.graph]: { user: account, scopes: ['Mail.Send'] },
  [tokens.graphApp]: {
    user: account,
    scopes: ['https://graph.microsoft.com/.default'],
    isApp: true,
  },
  [tokens.outlook]: { user: account, scopes: ['SMTP.Send'] },
}

/** Whose token it is. */
export function introspect(accessToken: string): SendingToken | undefined {
  return known[accessToken]
}

/** A finished message, as the outbox stores it. */
export function messageTo(
  fields: readonly string[],
  body = 'All is well.\r\n',
  from = account,
): string {
  return [
    `From: host1 <${from}>`,
    ...fields,
    'Subject: backup',
    'Date: Sun, 29 Nov 2026 10:00:00 +0000',
    'Message-ID: <1.2@example.com>',
    'X-Submitted-By: alice@host1 (uid 1000)',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    body,
  ].join('\r\n')
}

/** What a test delivers with. */
export interface DeliveryTest {
  spool: TestSpool
  deliver: (
    id: string,
    given: Partial<Delivery> & { accessToken: string },
    ending?: AbortSignal,
  ) => Promise<DeliveryOutcome>
}

/** A spool whose entries go by one route. */
export function deliveryTest(
  t: TestContext,
  route: DeliveryRoute,
  certificates: Awaited<ReturnType<typeof createTestCertificates>>,
): DeliveryTest {
  const spool = createSpool()
  t.after(() => spool.remove())
  const tls = createMailTls([certificates.ca])
  const never = new AbortController().signal
  return {
    spool,
    deliver: (id, given, ending = never) =>
      deliver(
        {
          job: 1,
          spool: spool.directory,
          id,
          route,
          account,
          user: account,
          isAppOnly: false,
          ...given,
        },
        { tls, ending },
      ),
  }
}

/** The kind of an outcome, with who must act. */
export function summary(outcome: DeliveryOutcome): string {
  return outcome.kind === 'later' ? `later ${outcome.actor}` : outcome.kind
}
