import type {
  LimitsAnswer,
  OutboxCheck,
  OutboxProblem,
  QueueAnswer,
  QueuedMessage,
  RefusedCaller,
  RemovedAnswer,
  SpoolCheck,
  SubmissionAnswer,
  SubmissionHead,
} from '../messages/outbox-api.ts'
import type { OutboxRouteName } from '../outbox/server/route-names.ts'
import { version } from '../package/version.ts'
import type { Fields } from './bridge-objects.ts'
import { items } from './daemon-sections.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

const submission: Fields<SubmissionHead> = {
  id: 'chosen by the client; a message whose id was taken already is answered the same, and sent once',
  program: 'sendmail, or the name that it was called by',
  arguments: 'what stands after it, as in cms-oauth-sendmail(8)',
  size: 'bytes of the whole message; fewer may follow',
  outbox:
    'the path in CMS_OUTBOX, for a client that keeps the request; the outbox does not read it',
}
const accepted: Fields<SubmissionAnswer> = { id: 'of the message, which is on the disk' }
const limits: Fields<LimitsAnswer> = {
  max_size: 'in bytes; more need not be sent',
  too_large: 'cut or refuse: what is done with a larger one',
}
const queue: Fields<QueueAnswer> = {
  name: 'of the outbox',
  account: 'who sends',
  messages: 'a list of MESSAGE, the oldest first',
  omitted: 'how many more there are, newer ones, where the list would be too long; else absent',
}
const message: Fields<QueuedMessage> = {
  id: 'of the message',
  at: 'when it was accepted',
  uid: 'of who handed it over, by the kernel',
  login: 'the name of that user',
  by: 'password or network: login is the name of a password, or an address, and uid is that of cms-oauthd; else absent',
  recipients: 'those that have not got it yet',
  subject: 'decoded',
  size: 'in bytes',
  messages:
    'how many it holds, where it is a digest ("digest_above" in cms-oauth.toml(5)); else absent',
  state: 'waiting, or failed: it is not tried any more, and kept for two weeks',
  tries: 'how often it was tried',
  next_try_at: 'absent: it is not tried any more',
  reason: 'why it is still here; absent before the first try',
  hint: 'what ends that; absent where nothing is known',
}
const removed: Fields<RemovedAnswer> = {
  messages: 'how many messages were in it, where it was a digest; else absent',
}
const check: Fields<OutboxCheck> = {
  name: 'of the outbox',
  account: 'who sends',
  users: 'who may send',
  groups: 'whose members may send',
  admits_root: 'whether root may send',
  root: 'where mail for root goes',
  root_problem: 'a PROBLEM: mail for root is refused; or null',
  spool: 'a SPOOL',
  refused: 'of each user who may not send and tried to, since the outbox started, a REFUSED',
}
const refused: Fields<RefusedCaller> = {
  login: 'the user',
  count: 'how many messages; nothing of them is kept',
  last_at: 'when the last one came',
}
const problem: Fields<OutboxProblem> = { message: 'what is wrong', hint: 'the next step' }
const spool: Fields<SpoolCheck> = {
  path: 'of its directory',
  waiting: 'how many messages wait',
  failed: 'how many are not tried any more',
  bytes: 'of all of them',
  free_bytes: 'what its disk has for it',
  problem: 'a PROBLEM: nothing can be stored; or null',
  fullest: 'login and share (1 is all) of the user who has used the most of the quota; or null',
}

const objects: Record<string, Record<string, string>> = {
  SUBMISSION: submission,
  ACCEPTED: accepted,
  LIMITS: limits,
  QUEUE: queue,
  MESSAGE: message,
  REMOVED: removed,
  CHECK: check,
  SPOOL: spool,
  PROBLEM: problem,
  REFUSED: refused,
}

/** Each request with what it does. */
const outboxRequests: Record<OutboxRouteName, string> = {
  'POST /v1/messages':
    'Hands a message over. The body is a SUBMISSION in one line of JSON, a line feed, then the message as it was read. Content-Length is required: a client that dies in the middle has handed over nothing. Answers ACCEPTED once the message is on the disk.',
  'GET /v1/limits': 'What is worth sending. Answers LIMITS.',
  'GET /v1/dialogue':
    'Needs "Connection: Upgrade" and "Upgrade: smtp". After the answer 101 both sides speak SMTP on the connection, the outbox first, without TLS and without a login: "allow" has decided already. "sendmail -bs" uses it. A listener of the outbox uses it too and says in Cms-Oauth-Caller who has logged in there; from others than the user of cms-oauthd that field is refused.',
  'GET /v1/messages':
    "What waits and what was abandoned: one's own, for root and the user of cms-oauthd that of everybody. Answers QUEUE.",
  'GET /v1/messages/{id}': 'The same of one of these. Answers QUEUE.',
  'DELETE /v1/messages/{id}':
    'Removes it for good, a digest with all that it holds. One that is being sent at that moment may arrive all the same. Answers REMOVED.',
  'POST /v1/messages/{id}/retry': 'Has it tried now, also one that was abandoned.',
  'POST /v1/retry': "Has everything of one's own that waits tried now.",
  'GET /v1/check':
    'For root and the user of cms-oauthd: what "cms-oauth doctor" prints. Answers CHECK.',
}

/** Lines to copy. */
export const outboxExamples = [
  'sock=/run/cms-oauth/outbox.sock',
  'curl --unix-socket "$sock" http://localhost/v1/messages',
] as const

/** The source of cms-oauth-outbox(7). */
export function outboxPage(): string {
  return renderPage({
    name: 'cms-oauth-outbox',
    section: 7,
    version,
    purpose: 'how programs hand their mail to cms-oauthd',
    sections: [
      { title: 'DESCRIPTION', blocks: description() },
      { title: 'REQUESTS', blocks: items(outboxRequests) },
      ...Object.entries(objects).map(([title, fields]) => ({ title, blocks: items(fields) })),
      { title: 'FILES', blocks: files() },
      { title: 'EXAMPLES', blocks: [example(...outboxExamples)] },
    ],
    seeAlso: ['cms-oauth-sendmail(8)', 'cms-oauth.toml(5)', 'cms-oauth-control(7)', 'curl(1)'],
  })
}

function description(): Block[] {
  return [
    text(
      'Each [[outbox]] of the configuration has a UNIX socket that speaks HTTP/1.1 with JSON. sendmail(8) of cms-oauth and "cms-oauth outbox" use it; programs may too. Who asks is what the kernel says of the connection: "allow" of the [[outbox]] decides who may send. Everybody whom the mode of the socket lets in may see what waits of their own.',
    ),
    text(
      'An answer of status 400 or above is an ERROR, as in cms-oauth-control(7). Times are as in RFC 3339. Fields may be added: ignore what you do not know.',
    ),
    text(
      'A message is accepted when its bytes and its name are on the disk. It is sent by a process of its own, one message of an account at a time, the oldest first. While the provider, the network or the sign-in is away it is tried again, by "retry" and for as long as "keep_trying" says; the time in which a person must act does not count. Where the words of a refusal may be about the message itself, it waits alone, unless the next one is refused so too. What can never be sent is abandoned, and "notice_to" hears of it.',
    ),
    text(
      'A message may arrive twice where the provider took it and its answer was lost, or the machine lost power before that was written down. Neither the Gmail API nor Microsoft Graph can be asked whether a message was sent, with the permission to send alone, or told that it is the same one again (client-request-id is for its log). So an answer of an API is waited for for five minutes and longer for large messages, that of a mail server as long as RFC 5321 says; then the message is sent again, with the same Message-ID, unless the provider replaces it, as Microsoft does. Where that happens again, the pauses of this message double from ten minutes to a day, the reason says that it may have been sent already, and the third time is told as outbox_stuck.',
    ),
  ]
}

function files(): Block[] {
  return [
    item('/run/cms-oauth/outbox.sock', 'the socket with the system units'),
    item('$XDG_RUNTIME_DIR/cms-oauth/outbox.sock', "the socket of a user's daemon"),
    item(
      'outbox/NAME in the state directory',
      'the messages, for the user of cms-oauthd alone, not sealed: new, taken (a digest is being made of it, or taken apart), failed, state, sent (names only), tmp',
    ),
  ]
}
