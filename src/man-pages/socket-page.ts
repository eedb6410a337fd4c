import { exitStatus } from '../client/exit-status.ts'
import { connectionLimitMs } from '../daemon/socket/connection.ts'
import { requestLimitBytes } from '../daemon/socket/request.ts'
import { type ErrorCode } from '../errors.ts'
import { version } from '../package/version.ts'
import { outputFormats, protocols } from '../sasl/output-format.ts'
import { errorMeanings } from './error-meanings.ts'
import { formatMeanings } from './output-formats.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

const path = '"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/cms-oauth/cms.sock"'

/** Lines to copy. */
export const socketExamples = {
  nc: ["printf 'SMTP,token user@domain.com' |", `    nc -UN ${path}`],
  client: 'cms-oauth --user=user@domain.com --proto=IMAP --output=json',
  python: [
    'import socket',
    'with socket.socket(socket.AF_UNIX) as s:',
    "    s.connect('/run/user/1000/cms-oauth/cms.sock')",
    "    s.sendall(b'SMTP,token user@domain.com\\n')",
    '    token = s.makefile().read()      # empty: refused',
  ],
} as const

const map = 'socketmap:unix:/run/cms-oauth/postfix.sock:tokens'
const socketmapExamples = [
  `postmap -q user@domain.com ${map}`,
  '# main.cf: the key is the sender of the mail, then the host',
  'smtp_sender_dependent_authentication = yes',
  `smtp_sasl_password_maps = ${map}`,
]

/** Errors that never appear in a reply: they are of other programs and sockets. */
const elsewhere: readonly ErrorCode[] = [
  'usage',
  'not_permitted',
  'daemon_unreachable',
  'mail_login_refused',
  'address_invalid',
  'recipient_unknown',
  'message_too_large',
  'input_unreadable',
  'outbox_full',
]

/** The source of cms-oauth-socket(7). */
export function socketPage(): string {
  return renderPage({
    name: 'cms-oauth-socket',
    section: 7,
    version,
    purpose: 'how mail programs ask cms-oauthd for an access token',
    sections: [
      { title: 'SYNOPSIS', blocks: [example('PROTO[,FORMAT] SP ADDRESS')] },
      { title: 'DESCRIPTION', blocks: description() },
      { title: 'REQUEST', blocks: request() },
      { title: 'REPLY', blocks: reply() },
      { title: 'FORMATS', blocks: outputFormats.map((name) => item(name, formatMeanings[name])) },
      { title: 'SOCKETMAP', blocks: socketmap() },
      { title: 'ERRORS', blocks: errors() },
      { title: 'LIMITS', blocks: limits() },
      { title: 'EXAMPLES', blocks: examples() },
    ],
    seeAlso: ['cms-oauth(1)', 'cms-oauth.toml(5)', 'cms-oauth-control(7)', 'cms-oauthd(8)'],
  })
}

function description(): Block[] {
  return [
    text(
      'A token socket is a UNIX stream socket. One connection carries one request and one reply. Its path is that of a [[socket]] in the configuration, by default cms-oauth/cms.sock in $XDG_RUNTIME_DIR or /run/user/UID, with the system units /run/cms-oauth/cms.sock.',
    ),
    text(
      'Who may ask: the owner, group and mode of the socket say who may open it, and "allow" who of them is answered, which the kernel tells of the peer.',
    ),
  ]
}

function request(): Block[] {
  return [
    example(
      'request = proto *( "," option ) SP user [ SP *OCTET ] [ CR ] [ LF *OCTET ]',
      `proto   = ${protocols.map((name) => `"${name}"`).join(' / ')} / resource`,
      'option  = a format (at most one); unknown options are ignored',
      'resource = a name in "resources" of the [[account]] and "protocols" of the [[socket]]',
      'user    = an address with "@"',
    ),
    text(
      'Case matters, in the address too. It ends at the first line feed, or when the client closes its sending side (a half-close); what follows is ignored. Bytes above ASCII, CR and NUL are refused before the space that may follow the address, and ignored after it.',
    ),
  ]
}

function socketmap(): Block[] {
  return [
    text(
      'A socket with reply = "socketmap" is asked by the maps of Postfix (socketmap_table(5)) and sendmail instead. Each lookup is a netstring, NAME SP KEY, and so is each answer; a connection carries as many as its client likes, and is closed after 30 seconds without one. The name is ignored, the key is an address, and the token is for the one protocol in "protocols" of the socket. sendmail does not take a socket below a directory that everybody can write, such as /tmp.',
    ),
    item(
      'OK user:token',
      'the identity for the login (sasl_user) and the token, as in smtp_sasl_password_maps',
    ),
    item('NOTFOUND', 'the socket does not serve such an account'),
    item('TEMP reason', 'there is no token now: Postfix keeps the mail, and logs the reason'),
    text(
      'What is not a netstring of at most 512 bytes closes the connection, and so does a lookup of a peer that "allow" does not list. To try it, and to use it where the SASL plugin of Postfix takes a token as the password (sasl-xoauth2 does not: it reads files, see [[token_file]]):',
    ),
    example(...socketmapExamples),
  ]
}

function reply(): Block[] {
  return [
    text(
      'The credential and nothing else: no newline. Then the server closes. Without a format in the request it is that of "reply" of the [[socket]], by default xoauth2-b64.',
    ),
    text(
      'A refusal is silence: the connection is closed without a byte, because a mail program would send an error text to the mail server as if it were the credential. The reason is in the log (token.refused). Only json says why, as an object with error, error_description and hint, and only to a peer that is admitted; a peer that "allow" does not list gets no byte whatever it asks.',
    ),
    text(
      'A token in memory is answered at once. Otherwise the request waits for a refresh, "answer_within" of [refresh] at most (4 seconds, unless the configuration says otherwise). A token is served until 30 seconds, or a tenth of its life, before it expires. The daemon does not hear what a mail server says to it: if one refuses a token that has not expired, as one that was revoked, "cms-oauth refresh ADDRESS" fetches another one. Bridges and outboxes do so themselves.',
    ),
    text(
      'In json, account is the address that was asked for, user the identity for the login (sasl_user), protocol the word that was asked for, token_type "Bearer", and expires_at a time as in RFC 3339.',
    ),
  ]
}

function errors(): Block[] {
  const codes = (Object.keys(errorMeanings) as ErrorCode[]).filter(
    (code) => !elsewhere.includes(code),
  )
  return [
    text('The field error of a json reply, with what cms-oauth(1) exits with then:'),
    ...codes.map((code) => item(code, `${errorMeanings[code]} (${exitStatus[code]})`)),
  ]
}

function limits(): Block[] {
  return [
    item('a request', `${requestLimitBytes} bytes; whoever sends more is closed at once`),
    item(
      'time',
      `${connectionLimitMs / 1_000} seconds to ask, and as many to take the reply; the wait for a refresh does not count`,
    ),
    item(
      'connections',
      'as many as descriptors allow, 64 less, and at most 65,536 without a request; when all are open, the one that has waited longest without a request is closed for the next; of those with a request one uid gets at most four fifths',
    ),
    item('log lines of refusals', 'ten a minute for each socket, then how many more there were'),
  ]
}

function examples(): Block[] {
  return [
    text('By nc (netcat-openbsd), whose -N closes the sending side:'),
    example(...socketExamples.nc),
    text('By cms-oauth(1), which is slower since a program has to start:'),
    example(socketExamples.client),
    text('In Python:'),
    example(...socketExamples.python),
  ]
}
