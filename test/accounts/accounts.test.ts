import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Accounts, diffAccounts } from '../../src/accounts/accounts.ts'
import type {
  AccountConfiguration,
  Configuration,
  SocketConfiguration,
  TokenFileConfiguration,
} from '../../src/configuration/configuration.ts'
import type {
  DeliveryRoute,
  OutboxConfiguration,
} from '../../src/configuration/outbox-configuration.ts'

type Socket = Pick<SocketConfiguration, 'protocols' | 'accounts'>

function account(user: string, changes: Partial<AccountConfiguration> = {}): AccountConfiguration {
  return {
    user,
    provider: 'office365',
    clientId: 'client',
    grant: 'authorization_code',
    saslUser: {},
    ...changes,
  }
}

function accountsOf(
  accounts: AccountConfiguration[],
  sockets: Socket[],
  tokenFiles: TokenFileConfiguration[] = [],
  outboxes: OutboxConfiguration[] = [],
): Accounts {
  const full = sockets.map((socket) => ({
    path: '/run/cms.sock',
    mode: 0o600,
    reply: 'token' as const,
    ...socket,
  }))
  const configuration: Configuration = {
    file: 'config.toml',
    accounts,
    sockets: full,
    bridges: [],
    outboxes,
    tokenFiles,
    refresh: { beforeExpiryMs: 900_000, answerWithinMs: 4_000 },
    store: { kind: 'files', key: { from: 'file', path: 'key' }, stateDirectory: 'state' },
    control: { path: 'control.sock' },
    signIn: { port: 0 },
    metrics: { labels: 'id' },
    log: { level: 'info', audit: 'counted' },
  }
  return Accounts.from(configuration)
}

test('an account asks for the protocols of all sockets that serve it, each once', () => {
  const accounts = accountsOf(
    [account('one@example.com'), account('two@example.com')],
    [
      { protocols: ['SMTP'] },
      { protocols: ['SMTP', 'IMAP'], accounts: ['two@example.com'] },
      { protocols: ['POP'], accounts: ['two@example.com'] },
    ],
  )
  const scopes = (user: string) =>
    accounts.find(user)?.scopes.map((scope) => new URL(scope).pathname)
  assert.deepEqual(scopes('one@example.com'), ['/SMTP.Send'])
  assert.deepEqual(scopes('two@example.com'), [
    '/SMTP.Send',
    '/IMAP.AccessAsUser.All',
    '/POP.AccessAsUser.All',
  ])
})

test('an account asks for the protocols of its token files too', () => {
  const file = { path: '/f', mode: 0o600, format: 'token' as const, protocol: 'IMAP' as const }
  const accounts = accountsOf(
    [account('one@example.com'), account('two@example.com')],
    [{ protocols: ['SMTP'] }],
    [{ ...file, account: 'two@example.com' }],
  )
  const scopesOf = (user: string) =>
    accounts.find(user)?.scopes.map((scope) => new URL(scope).pathname)
  assert.deepEqual(scopesOf('one@example.com'), ['/SMTP.Send'])
  assert.deepEqual(scopesOf('two@example.com'), ['/SMTP.Send', '/IMAP.AccessAsUser.All'])
})

function pathsOf(scopes?: string[]): string[] | undefined {
  return scopes?.map((scope) => new URL(scope).pathname)
}

test('one consent covers all who use a sign-in, and says who signs in', () => {
  const accounts = accountsOf(
    [
      account('shared@example.com', { signInWith: 'owner@example.com' }),
      account('owner@example.com', { loginHint: 'alias@example.com' }),
      account('other@example.com'),
    ],
    [
      { protocols: ['SMTP'], accounts: ['owner@example.com', 'other@example.com'] },
      { protocols: ['SMTP', 'IMAP'], accounts: ['shared@example.com'] },
    ],
  )
  const [shared, owner, other] = [...accounts.all()]
  assert.deepEqual(pathsOf(owner?.scopes), ['/SMTP.Send'])
  assert.deepEqual(pathsOf(owner?.consentScopes), ['/SMTP.Send', '/IMAP.AccessAsUser.All'])
  assert.deepEqual(pathsOf(shared?.scopes), ['/SMTP.Send', '/IMAP.AccessAsUser.All'])
  assert.deepEqual([shared?.loginHint, shared?.consentScopes], ['alias@example.com', undefined])
  assert.equal(other?.consentScopes, undefined)
})

test('accounts are found by their very address and listed in order', () => {
  const accounts = accountsOf(
    [account('two@example.com'), account('one@example.com')],
    [{ protocols: ['SMTP'] }],
  )
  assert.deepEqual(
    Array.from(accounts.all(), ({ user }) => user),
    ['two@example.com', 'one@example.com'],
  )
  assert.equal(accounts.find('One@example.com'), undefined)
})

test('a reload knows what is new, gone or changed, and leaves the rest alone', async () => {
  const socket: Socket = { protocols: ['SMTP'] }
  const before = accountsOf(
    ['kept', 'gone', 'changed'].map((name) => account(`${name}@example.com`)),
    [socket],
  )
  const after = accountsOf(
    [
      account('kept@example.com'),
      account('changed@example.com', { tenant: 'contoso' }),
      account('new@example.com'),
    ],
    [socket],
  )
  const { added, removed, changed } = await diffAccounts(before, after)
  const users = [added, removed, changed].map((list) => list.map(({ user }) => user))
  assert.deepEqual(users, [['new@example.com'], ['gone@example.com'], ['changed@example.com']])
  assert.match(changed[0]?.authority ?? '', /contoso$/)
})

/** An outbox by a route; of the rest nothing matters here. */
function outbox(account: string, route: DeliveryRoute): OutboxConfiguration {
  return { account, route } as OutboxConfiguration
}

const senders: [
  DeliveryRoute,
  Partial<AccountConfiguration>,
  scopes: string[],
  sendsBy?: string,
][] = [
  [{ via: 'graph', origin: 'https://a' }, {}, ['https://graph.microsoft.com/Mail.Send'], 'graph'],
  [
    { via: 'graph', origin: 'https://a' },
    { cloud: 'china' },
    ['https://microsoftgraph.chinacloudapi.cn/Mail.Send'],
    'graph',
  ],
  [
    { via: 'graph', origin: 'https://a' },
    { grant: 'client_credentials' },
    ['https://graph.microsoft.com/.default'],
    'graph',
  ],
  [
    { via: 'gmail-api', origin: 'https://a' },
    { provider: 'gmail' },
    ['https://www.googleapis.com/auth/gmail.send'],
    'gmail-api',
  ],
  [
    { via: 'gmail-api', origin: 'https://a' },
    { provider: 'gmail', grant: 'service_account' },
    ['https://www.googleapis.com/auth/gmail.send'],
    'gmail-api',
  ],
  [{ via: 'smtp', server: 'a' }, {}, ['https://outlook.office.com/SMTP.Send']],
]

for (const [route, changes, scopes, sendsBy] of senders) {
  test(`an outbox by ${route.via} asks for what it needs and nothing else: ${scopes.join()}`, () => {
    const sender = account('notices@example.com', changes)
    const sockets: Socket[] = sendsBy === undefined ? [] : [{ protocols: ['SMTP', 'IMAP'] }]
    const accounts = accountsOf([sender], sockets, [], [outbox(sender.user, route)])
    const found = accounts.find(sender.user)
    assert.deepEqual([found?.scopes, found?.sendsBy], [scopes, sendsBy])
  })
}

test('what accounts have in common is in memory once, and what differs is not mixed up', () => {
  const [a, b, c] = [
    ...accountsOf(
      [
        account('a@example.com'),
        account('b@example.com'),
        account('c@example.com', { scopes: [] }),
      ],
      [{ protocols: ['SMTP'] }],
    ).all(),
  ]
  assert.equal(a?.scopes, b?.scopes)
  assert.equal(a?.endpoints, c?.endpoints)
  assert.deepEqual(c?.scopes, [])
  assert.notDeepEqual(a?.scopes, [])
  assert.deepEqual([a?.user, b?.user], ['a@example.com', 'b@example.com'])
})
