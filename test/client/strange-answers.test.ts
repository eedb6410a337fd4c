/** Whatever is in a field of the daemon's answers, a person reads a sentence, and no terminal is spoken to. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ControlClient } from '../../src/client/control-client.ts'
import { statusText } from '../../src/client/status-text.ts'
import { isCmsOauthError } from '../../src/errors.ts'
import type {
  AccountsAnswer,
  BrokerEvent,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
} from '../../src/messages/control-api.ts'
import type { Diagnostics } from '../../src/messages/diagnostics.ts'
import type { SharedStoreStatus } from '../../src/messages/shared-store.ts'
import { whatCame } from '../../src/socket-client/what-came.ts'
import { accountStatus } from './run-against.ts'

const at = '2026-01-02T03:04:05.000Z'
const error = {
  error: 'provider_unavailable',
  error_description: 'the provider is away',
  hint: 'wait',
  retry_after_ms: 1,
  answer: {
    status: 503,
    error: 'busy',
    description: 'later',
    aadsts: 1,
    correlationId: 'c',
    traceId: 't',
    timestamp: 'then',
  },
} as const

const sharedStore: SharedStoreStatus = {
  kind: 'etcd',
  role: 'renew',
  prefix: '/p/',
  endpoints: ['https://e:2379'],
  is_reachable: true,
  is_listed: true,
  error,
  endpoint: 'https://e:2379',
  version: '3.5.16',
  db_size_bytes: 1,
  db_in_use_bytes: 1,
  quota_bytes: 1,
  alarms: ['NOSPACE'],
  revision: '1',
  compact_revision: '1',
  faulty_nodes: [],
  host_clock_ahead_ms: 1,
  lag_ms: 1,
}

/** Every field of every answer is there once. */
const accounts: Required<AccountsAnswer> = {
  version: '1.0.0',
  pid: 1,
  config_file: '/etc/cms-oauth/config.toml',
  accounts: [
    accountStatus({
      sign_in_with: 'other@example.com',
      expires_at: at,
      last_refresh_at: at,
      next_refresh_at: at,
      signed_in_at: at,
      fingerprint: 'f',
      error: { ...error, actor: 'you', failed_at: at, is_fate_unknown: true },
      ends: [
        {
          what: 'sign_in',
          at,
          is_sliding: true,
          is_near: true,
          reason: 'unused',
          next_step: 'use it',
        },
      ],
      wanted_scopes: ['scope'],
      granted_scopes: ['scope'],
      action: 'wait',
      advice: [
        {
          about: 'access',
          in_short: 'wait',
          actor: 'nobody',
          is_urgent: true,
          message: 'the provider is away',
          next_step: 'wait',
        },
      ],
      token_files: [
        { path: '/f', protocol: 'SMTP', format: 'token', expires_at: at, problem: 'none' },
      ],
    }),
  ],
  outboxes: [
    {
      name: 'o',
      account: 'user@example.com',
      path: '/run/cms-oauth/outbox.sock',
      waiting: 1,
      oldest_at: at,
      last_reason: 'r',
    },
  ],
  shared_store: sharedStore,
  unused_sign_ins: [{ user: 'old@example.com', signed_in_at: at, reason: 'nobody uses it' }],
}
const diagnostics: Required<Diagnostics> = {
  version: '1.0.0',
  pid: 1,
  uid: 1,
  node: '24',
  configuration: { file: '/c', loaded_at: at },
  sockets: [
    {
      path: '/s',
      name: 'exim',
      accounts: ['user@example.com'],
      protocols: ['SMTP'],
      mode: 0o600,
      owner: 'root',
      group: 'mail',
      reply: 'token',
      allow: { users: ['mail'], groups: ['list'] },
    },
  ],
  store: { state_directory: '/d', key: { from: 'file', path: '/k' }, shared: sharedStore },
  renewer: { duration_ms: 1, records: 1, error },
  providers: [{ users: ['u@x'], host: 'h', proxy: 'p', duration_ms: 1, clock_ahead_ms: 1, error }],
  findings: [
    { level: 'failure', subject: 's', text: 't', hint: 'h', code: 'config_invalid', user: 'u@x' },
  ],
}
const changes = { added: ['a'], removed: ['b'], changed: ['c'] }
const reloaded: Required<ReloadAnswer> = {
  ...changes,
  file: '/c',
  sockets: changes,
  token_files: changes,
  bridges: changes,
  outboxes: changes,
  restored: ['/f'],
  settings: ['notify'],
}
const forgotten: Required<ForgetAnswer> = {
  was_revoked: true,
  is_shared: true,
  is_revocable: true,
  revocation_page: 'https://provider.example/apps',
}
const event: Required<BrokerEvent> = {
  time: at,
  event: 'token.refreshed',
  user: 'user@example.com',
  state: 'active',
  fingerprint: 'f',
  detail: 'd',
}
const progress: SignInProgress[] = [
  { event: 'url', url: 'http://127.0.0.1:1/' },
  {
    event: 'user_code',
    user_code: 'ABCD',
    verification_uri: 'https://provider.example/device',
    verification_uri_complete: 'https://provider.example/device?code=ABCD',
    expires_at: at,
  },
  { event: 'sign_in_of', user: 'other@example.com' },
  { event: 'page_opened' },
  {
    event: 'completed',
    user: 'user@example.com',
    expires_at: at,
    grant: 'device_code',
    missing: { message: 'no SMTP', next_step: 'allow it', is_certain: true },
  },
  { event: 'failed', error },
]

interface Case {
  name: string
  body: object
  ask: (client: ControlClient) => Promise<unknown>
  /** Everything of an accepted answer that a person sees. */
  show?: (answer: unknown) => string
}

const screen = { columns: 80, paint: (text: string) => text }
const cases: Case[] = [
  {
    name: 'accounts',
    body: accounts,
    ask: (client) => client.accounts(),
    show: (answer) => statusText(answer as AccountsAnswer, Date.parse(at), screen),
  },
  { name: 'diagnostics', body: diagnostics, ask: (client) => client.diagnostics() },
  { name: 'reload', body: reloaded, ask: (client) => client.reload() },
  {
    name: 'logout',
    body: forgotten,
    ask: (client) => client.forgetGrant('user@example.com', true),
  },
  { name: 'an event', body: event, ask: (client) => first(client.events()) },
  ...progress.map((body) => ({
    name: `the progress ${body.event}`,
    body,
    ask: (client: ControlClient) => first(client.signIn('user@example.com', {})),
  })),
]

/** Fields that may be missing, that may be null, and texts that may be empty, by their names. */
const mayBeMissing =
  /\b(?:advice|config_file|unused_sign_ins|status|description|aadsts|correlationId|traceId|timestamp|retry_after_ms|is_fate_unknown|answer|answer\.error|sockets\[0\]\.name|sockets\[0\]\.accounts|owner|group|allow|key\.path|error\.actor|code|findings|findings\[0\]\.user|is_shared|is_revocable|revocation_page|sockets|token_files|bridges|outboxes|bridge_connections|record_number|shared_store|store\.shared|sends_by|resource|resources|sockets\[0\]\.resources|restored|settings|verification_uri_complete|grant|missing)$/
const mayBeNull =
  /\b(?:sign_in_with|expires_at|\w+_refresh_at|signed_in_at|fingerprint|error|granted_scopes|problem|records|host|proxy|duration_ms|(?:host_)?clock_ahead_ms|oldest_at|last_reason|record_number|shared(?:_store)?\.(?:endpoint|version|revision|compact_revision)|\w+_bytes|lag_ms)$/
const mayBeEmpty =
  /\b(?:client_id|hint|action|next_step|answer\.error|description|correlationId|traceId|timestamp|last_reason)$/
/** Where the same names stand for something that must be there. */
const mustBeThere =
  /^(?:accounts: accounts\[0\]\.(?:grant|token_files|error\.actor)|diagnostics: sockets)$/
const mustNotBeNull =
  /^(?:diagnostics: renewer\.duration_ms|the progress .*|.*\.answer\.\w+|.*error\.error)$/
/** What no command reads. */
const notRead = /^(?:user|state|fingerprint|detail)$/

const strange: unknown[] = [
  undefined,
  null,
  true,
  42,
  '',
  ' \t ',
  [],
  {},
  'a\u001b]0;title\u0007b\u202ec',
]

let body = ''
const server = createServer((_request, response) => response.end(`${body}\n`))
let client: ControlClient
let directory = ''

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strange-answers-'))
  const path = join(directory, 'control.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  client = new ControlClient(path)
})
after(async () => {
  server.close()
  await rm(directory, { recursive: true })
})

async function first(lines: AsyncIterable<unknown>): Promise<unknown> {
  for await (const line of lines) return line
  return undefined
}

/** The places of all fields and items below a value, as a message names them. */
function placesIn(value: unknown, place = ''): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const inner = `${place}[${index}]`
      return [inner, ...placesIn(item, inner)]
    })
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => {
    const inner = place === '' ? name : `${place}.${name}`
    return [inner, ...placesIn(item, inner)]
  })
}

/** A copy with another value at a place. */
function replaced(whole: object, place: string, value: unknown): object {
  const copy = JSON.parse(JSON.stringify(whole)) as Record<string, unknown>
  const names = namesIn(place)
  const last = names.pop() ?? ''
  const target = names.reduce((inner, name) => inner[name] as Record<string, unknown>, copy)
  if (value === undefined && !Array.isArray(target)) delete target[last]
  else target[last] = value
  return copy
}

/** A terminal obeys none of these. */
function assertHarmless(text: string): void {
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u)
}

for (const { name, body: whole, ask, show = JSON.stringify } of cases) {
  test(`${name}: the whole answer is accepted`, async () => {
    body = JSON.stringify(whole)
    assert.deepEqual(await ask(client), whole)
  })
  for (const place of placesIn(whole)) {
    test(`${name}: whatever is in "${place}"`, async () => {
      for (const value of strange) {
        body = JSON.stringify(replaced(whole, place, value))
        // In a list JSON has null where there is nothing.
        const came = value === undefined && place.endsWith(']') ? null : value
        const outcome = await ask(client).then(show, (error: unknown) => error)
        if (typeof outcome === 'string') {
          assertHarmless(outcome)
          assert.ok(mayBe(name, place, came, valueAt(whole, place)), `accepted: ${whatCame(came)}`)
        } else {
          assert.ok(isCmsOauthError(outcome), `${String(outcome)} at ${whatCame(came)}`)
          assert.ok(!isAllowed(name, place, came), outcome.message)
          assert.equal(outcome.code, 'daemon_unreachable')
          assertHarmless(outcome.message)
          const [inner = ''] = placesIn(came, place)
          const sentences = [`"${place}" is ${whatCame(came)}`, `"${inner || place}`]
          assert.ok(sentences.some((sentence) => outcome.message.includes(sentence)))
        }
      }
    })
  }
}

/** Whether the daemon itself may send it. */
function isAllowed(name: string, place: string, came: unknown): boolean {
  if (name === 'an event' && notRead.test(place)) return true
  if (name === 'the progress failed' && place.startsWith('error.')) return true
  const where = `${name}: ${place}`
  if (came === undefined) return mayBeMissing.test(where) && !mustBeThere.test(where)
  if (came === null) return mayBeNull.test(where) && !mustNotBeNull.test(where)
  return isBlank(came) && mayBeEmpty.test(place)
}

/** Whether a command may read it: allowed, or of the kind that belongs there, and not blank. */
function mayBe(name: string, place: string, came: unknown, original: unknown): boolean {
  if (isAllowed(name, place, came)) return true
  const isSameKind =
    typeof came === typeof original && Array.isArray(came) === Array.isArray(original)
  return isSameKind && came !== null && !isBlank(came)
}

function valueAt(whole: object, place: string): unknown {
  return namesIn(place).reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown>)[name],
    whole,
  )
}

function namesIn(place: string): string[] {
  return place.split(/[.[\]]+/).filter((name) => name !== '')
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === ''
}
