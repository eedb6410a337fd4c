import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Counters } from '../../../src/daemon/metrics/counters.ts'
import { exposition } from '../../../src/daemon/metrics/exposition.ts'
import { metricTable } from '../../../src/daemon/metrics/metric-table.ts'
import type { MetricSources } from '../../../src/daemon/metrics/samples.ts'
import type { AccountToken } from '../../../src/daemon/tokens/account-token.ts'
import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import { fleetUsers } from '../../support/account-fleet.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { testAccount } from '../../support/accounts.ts'
import { testConfiguration } from '../../support/configurations.ts'
import { promtool } from '../../support/promtool.ts'
import { refreshedToken } from '../../support/refreshed.ts'

const user = 'user@example.com'
/** printf %s user@example.com | sha256sum | cut -c 1-12 */
const id = 'b4c9a289323b'

/** A token that was refreshed just now. */
function signedIn(name = user): AccountToken {
  const { token, clock } = createAccountToken()
  token.reconfigure(testAccount({ user: name, provider: 'office365' }))
  const signedInAt = clock.wallMs()
  token.accept(refreshedToken({ expiresAt: clock.wallMs() + 3_600_000, signedInAt }))
  return token
}

function sources(
  changes: Partial<MetricSources> & { tokens?: AccountToken[] } = {},
): MetricSources {
  const { tokens = [signedIn()], ...rest } = changes
  return {
    broker: {
      tokens: { all: () => tokens },
      configuration: testConfiguration(),
      sharedStore: () => undefined,
    },
    bridges: { connections: () => new Map(), clients: () => new Map() },
    outboxes: { states: () => [] },
    counters: new Counters(),
    log: { lostLines: 0 },
    ...rest,
  }
}

/** The lines of one metric. */
function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name))
}

const textOf = (given: MetricSources, format: 'openmetrics' | 'text' = 'openmetrics') =>
  [...exposition(given, format)].join('')

test('an account has its state, the moments at which token and sign-in expire, and no address', () => {
  const token = signedIn()
  const expiresAt = token.servable?.expiresAt ?? 0
  const text = textOf(sources({ tokens: [token] }))
  assert.deepEqual(linesOf(text, 'cms_oauth_token'), [
    `cms_oauth_token_state{account="${id}",state="active"} 1`,
    `cms_oauth_token_expires_seconds{account="${id}"} ${expiresAt / 1_000}`,
  ])
  const endAt = (token.history.lastRefreshAt ?? 0) + 90 * 24 * 3_600_000
  assert.deepEqual(linesOf(text, 'cms_oauth_sign_in'), [
    `cms_oauth_sign_in_expires_seconds{account="${id}"} ${endAt / 1_000}`,
  ])
  assert.doesNotMatch(text, /@/)
})

test('accounts are called by their addresses where the configuration says so', () => {
  const configuration = testConfiguration({ metrics: { labels: 'address' } })
  const tokens = { all: () => [signedIn()] }
  const broker = { tokens, configuration, sharedStore: () => undefined }
  const text = textOf(sources({ broker }))
  assert.deepEqual(linesOf(text, 'cms_oauth_token_state'), [
    `cms_oauth_token_state{account="${user}",state="active"} 1`,
  ])
})

test('of an account that nobody has signed in for there is only its state, and that nothing was refreshed', () => {
  const { token } = createAccountToken(undefined, undefined, { user })
  const text = textOf(sources({ tokens: [token] }))
  assert.deepEqual(
    text.split('\n').filter((line) => line.includes(id)),
    [
      `cms_oauth_token_state{account="${id}",state="signed_out"} 1`,
      `cms_oauth_refreshes_total{account="${id}",outcome="refreshed"} 0`,
    ],
  )
})

test('an open sign-in is a state, as it is on the control socket', () => {
  const token = signedIn()
  token.countSignIn(1)
  assert.match(textOf(sources({ tokens: [token] })), /state="signing_in"\} 1/)
})

test('a client secret that expires has its moment', () => {
  const { token } = createAccountToken(undefined, undefined, { user, clientSecretExpiresAt: 5_000 })
  assert.deepEqual(linesOf(textOf(sources({ tokens: [token] })), 'cms_oauth_client_credential'), [
    `cms_oauth_client_credential_expires_seconds{account="${id}",credential="client_secret"} 5`,
  ])
})

test('what has happened is counted by account and kind', () => {
  const counters = new Counters()
  counters.countTokenEvent(user, { event: 'token.refreshed', isDurable: true })
  for (const event of ['token.refresh_failed', 'token.sign_in_required'] as const) {
    counters.countTokenEvent(user, { event, error: new SignInRequiredError('no') })
  }
  counters.countTokenEvent(user, {
    event: 'token.refresh_failed',
    error: new ProviderUnavailableError('no'),
  })
  counters.countTokenEvent(user, { event: 'token.forgotten' })
  counters.grants.add(user, 'SMTP')
  counters.grants.add(user, 'SMTP')
  counters.grants.add(user, 'IMAP')
  counters.countRefusal('account_unknown')
  const text = textOf(sources({ counters, log: { lostLines: 3 } }))
  assert.deepEqual(linesOf(text, 'cms_oauth_refreshes_total'), [
    `cms_oauth_refreshes_total{account="${id}",outcome="refreshed"} 1`,
    `cms_oauth_refreshes_total{account="${id}",outcome="sign_in_required"} 2`,
    `cms_oauth_refreshes_total{account="${id}",outcome="provider_unavailable"} 1`,
  ])
  assert.deepEqual(linesOf(text, 'cms_oauth_grants_total'), [
    `cms_oauth_grants_total{account="${id}",protocol="SMTP"} 2`,
    `cms_oauth_grants_total{account="${id}",protocol="IMAP"} 1`,
  ])
  assert.deepEqual(linesOf(text, 'cms_oauth_refusals_total'), [
    'cms_oauth_refusals_total{reason="account_unknown"} 1',
  ])
  assert.deepEqual(linesOf(text, 'cms_oauth_audit_lost_total'), ['cms_oauth_audit_lost_total 3'])
})

test('an account that is not configured any more is not shown, whatever was counted of it', () => {
  const counters = new Counters()
  counters.grants.add('gone@example.com', 'SMTP')
  assert.deepEqual(linesOf(textOf(sources({ counters })), 'cms_oauth_grants_total'), [])
})

test('bridges have their clients, connections, logins and refusals', () => {
  const server = 'smtp.example.com:587'
  const bridge = {
    protocol: 'SMTP' as const,
    listen: [],
    accounts: [{ user, server, connections: 5 }],
  }
  const configuration = testConfiguration({ bridges: [bridge as never] })
  const counters = new Counters()
  counters.countBridgeEvent('bridge.login', { user, protocol: 'SMTP' })
  counters.countBridgeEvent('bridge.closed', { user, protocol: 'SMTP' })
  counters.countBridgeEvent('bridge.refused', {})
  counters.countBridgeEvent('bridge.refused_more', { count: 41 })
  const other = signedIn('other@example.com')
  const text = textOf(
    sources({
      broker: {
        tokens: { all: () => [signedIn(), other] },
        configuration,
        sharedStore: () => undefined,
      },
      bridges: { connections: () => new Map(), clients: () => new Map([['SMTP', 2]]) },
      counters,
    }),
  )
  assert.deepEqual(linesOf(text, 'cms_oauth_bridge'), [
    'cms_oauth_bridge_clients{protocol="SMTP"} 2',
    `cms_oauth_bridge_connections{account="${id}"} 0`,
    `cms_oauth_bridge_logins_total{account="${id}",protocol="SMTP"} 1`,
    'cms_oauth_bridge_refusals_total 42',
  ])
})

test('outboxes have what waits in them, since when, and what became of deliveries', () => {
  const counters = new Counters()
  counters.countDelivery('box', { kind: 'delivered', refused: [] })
  counters.countDelivery('box', { kind: 'later', actor: 'nobody', reason: '', hint: '' })
  counters.countDelivery('box', { kind: 'gone' })
  const state = {
    name: 'box',
    account: user,
    path: '/s',
    waiting: 2,
    abandoned: 1,
    oldestAt: 7_500,
  }
  const empty = { name: 'empty', account: user, path: '/e', waiting: 0, abandoned: 0 }
  const text = textOf(sources({ counters, outboxes: { states: () => [state, empty] } }))
  assert.deepEqual(linesOf(text, 'cms_oauth_outbox'), [
    'cms_oauth_outbox_messages{outbox="box",state="waiting"} 2',
    'cms_oauth_outbox_messages{outbox="box",state="abandoned"} 1',
    'cms_oauth_outbox_messages{outbox="empty",state="waiting"} 0',
    'cms_oauth_outbox_messages{outbox="empty",state="abandoned"} 0',
    'cms_oauth_outbox_oldest_seconds{outbox="box"} 7.5',
    'cms_oauth_outbox_deliveries_total{outbox="box",outcome="delivered"} 1',
    'cms_oauth_outbox_deliveries_total{outbox="box",outcome="deferred"} 1',
    'cms_oauth_outbox_deliveries_total{outbox="box",outcome="abandoned"} 0',
    'cms_oauth_outbox_deliveries_total{outbox="empty",outcome="delivered"} 0',
    'cms_oauth_outbox_deliveries_total{outbox="empty",outcome="deferred"} 0',
    'cms_oauth_outbox_deliveries_total{outbox="empty",outcome="abandoned"} 0',
  ])
})

test('every sample has the labels that its metric is documented with, below its own head', () => {
  const text = textOf(sources({ outboxes: { states: () => [] } }))
  let current = ''
  for (const line of text.split('\n').filter((one) => one !== '' && one !== '# EOF')) {
    if (line.startsWith('# TYPE ')) current = line.split(' ')[2] ?? ''
    if (line.startsWith('#')) continue
    const [name = ''] = line.split(/[{ ]/)
    assert.equal(name.replace(/_(total|info)$/, ''), current)
    const labels = Array.from(line.matchAll(/([a-z]+)="/g), ([, label]) => label)
    assert.deepEqual(labels, metricTable[name as keyof typeof metricTable].labels, line)
  }
  assert.ok(text.endsWith('\n# EOF\n'))
})

test('no piece of the text is about more than a hundred accounts', () => {
  const tokens = fleetUsers(2_500).map(
    (name) => createAccountToken(undefined, undefined, { user: name }).token,
  )
  const pieces = [...exposition(sources({ tokens }), 'openmetrics')]
  const counts = pieces.map((piece) => new Set(piece.match(/account="\w+"/g)).size)
  assert.equal(Math.max(...counts), 100)
  assert.equal(linesOf(pieces.join(''), 'cms_oauth_token_state').length, 2_500)
})

test('promtool has nothing to say against the older format', () => {
  const counters = new Counters()
  counters.countRefusal('account_unknown')
  counters.grants.add(user, 'SMTP')
  const input = textOf(sources({ counters }), 'text')
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input })
  assert.deepEqual([status, String(stdout), String(stderr)], [0, '', ''])
})
