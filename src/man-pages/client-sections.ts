/** The sections of cms-oauth(1) that no table has. */
import { mailPorts } from '../mail/mail-ports.ts'
import { protocols } from '../sasl/output-format.ts'
import { example, item, type Section, text } from './roff.ts'

/** The ways to sign in. */
export const signingInSection: Section = {
  title: 'SIGNING IN',
  blocks: [
    text('Over ssh there are three ways, and each prints "signed in" when it is done:'),
    item(
      'login --paste',
      'for every provider, with no port open. Open the printed address in any browser. After the sign-in it fails to open a page of localhost or 127.0.0.1: copy the address of that page, paste it into the terminal, and press Enter.',
    ),
    item(
      'login --device',
      'for office365, and for oidc servers that offer it. Open a short address in any browser, on a phone by the QR code, and type the code. The daemon goes on waiting when the connection drops; a newer sign-in or a logout cancels that. Microsoft requires "Allow public client flows" for it (the app registration, "Authentication"), and an administrator may have forbidden device codes in Conditional Access (AADSTS53003): then paste. Google gives device codes too, but not for mail. With grant = "device_code" in its [[account]] it is the way of an account.',
    ),
    item(
      'login',
      'for every provider. Run the printed "ssh -L" command where your browser is, then open the printed address.',
    ),
    text(
      'An open sign-in expires after ten minutes, by code when the provider says. An account without a sign-in (client_credentials, service_account) only fetches a token.',
    ),
  ],
}

/** What is shown when something is wrong. */
export const troubleSection: Section = {
  title: 'WHEN SOMETHING IS WRONG',
  blocks: [
    text(
      '"cms-oauth status" says what the provider refuses, who must act, the next step, the provider\'s own words, and what the support of Microsoft asks for; every command that the provider refused says the last two. A narrow terminal gets fewer columns. SIGN-IN EXPIRES is a forecast: a day that the provider announced, such as the seven days of Google while the app is in "Testing", or the day on which an idle sign-in expires (90 days at Microsoft, six months at Google; each refresh moves it on). The end of a client certificate is read from it, that of a client secret is told by client_secret_expires.',
    ),
    text(
      'A day that is near is a warning: seven days before for a sign-in, thirty for a secret or certificate. "status --json" then exits with 1, and [notify] is run once a day.',
    ),
    text(
      'Sign-ins that no account uses any more are named too (unused_sign_ins with --json): the account was removed from the configuration, is spelled differently, or uses the sign-in of another. "cms-oauth logout USER" forgets such a one as well; without its [[account]] it cannot be revoked at the provider.',
    ),
    text(
      '"cms-oauth doctor" checks everything between the configuration and the mail server, a line each, with what to change: the configuration, the daemon and its renewer, the way to the provider and its proxy, the clock, owners and modes of the store and its key, who can reach each token socket through the directories above it, the scopes that were granted, audience, age and length of the token, and the login itself, at the servers of the big providers or at --test-smtp=HOST, --test-imap=HOST, --test-pop=HOST. It works without a daemon too, for what can be seen then. It prints addresses and paths but nothing secret, so that it can go into a bug report. It exits with 0, also with warnings, else with the highest status that its failures have below.',
    ),
    text(
      `A login test shows the conversation with the server, with the credential masked, and verifies its certificate. Default ports are ${portList()}. Where the port does not say whether TLS comes first, HOST:PORT/tls, HOST:PORT/starttls or a URL such as smtps://HOST:PORT does; without them SMTP begins with STARTTLS, and with IMAP and POP a server that does not greet is asked for TLS:`,
    ),
    example('cms-oauth --user=user@domain.com --test-smtp=HOST:PORT/tls'),
  ],
}

function portList(): string {
  const words = protocols.map((protocol) => {
    const { usual, implicitTls } = mailPorts[protocol]
    const other = usual === implicitTls ? '' : ` (${implicitTls} with TLS from the start)`
    return `${usual} for ${protocol}${other}`
  })
  return words.join(', ')
}
