import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import { formatCredential, type Protocol } from '../../src/sasl/output-format.ts'
import { type Result, type RunningDaemon, runClient } from '../support/daemon.ts'
import { type Dovecot, dovecotProgram, startDovecot } from '../support/dovecot.ts'
import { loginRaw } from '../support/raw-login.ts'
import { accountToml, createWorld, signIn, startSignedIn, type World } from '../support/world.ts'

const mechanisms = ['XOAUTH2', 'OAUTHBEARER'] as const
type Mechanism = (typeof mechanisms)[number]
const formats = { XOAUTH2: 'xoauth2-b64', OAUTHBEARER: 'oauthbearer-b64' } as const
const protocols = ['SMTP', 'IMAP', 'POP'] as const
/** A mailbox whose tokens are those of somebody else. */
const foreign = 'foreign@example.com'

let world: World
let daemon: RunningDaemon
/** One for each mechanism: where a client may choose it prefers XOAUTH2. */
let judges: Record<Mechanism, Dovecot>
/** What ends all that runs, also where not everything could be started. */
const running: (() => Promise<unknown>)[] = []

before(async () => {
  dovecotProgram()
  world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  running.push(() => world.close())
  const accounts = [
    accountToml(world),
    `${accountToml({ ...world, user: foreign })}login_hint = "other@example.com"\n`,
    '[[socket]]\nprotocols = ["SMTP", "IMAP", "POP"]\n',
  ]
  daemon = await startSignedIn(world, accounts.join('\n'))
  running.push(() => daemon.stop())
  assert.equal((await signIn({ ...world, user: foreign }, daemon)).event, 'completed')
  judges = { XOAUTH2: await judge('XOAUTH2'), OAUTHBEARER: await judge('OAUTHBEARER') }
})

after(async () => {
  for (const close of running.toReversed()) await close()
})

async function judge(mechanism: Mechanism): Promise<Dovecot> {
  const dovecot = await startDovecot(world.provider, { mechanisms: [mechanism] })
  running.push(() => dovecot.close())
  return dovecot
}

/** In the provider's world it is two hours later; in the daemon's the token still holds. */
async function afterTheTokenHasExpired<T>(act: () => Promise<T>): Promise<T> {
  const { now } = Date
  const clock = mock.method(Date, 'now', () => now() + 2 * 3_600_000)
  try {
    return await act()
  } finally {
    clock.mock.restore()
  }
}

async function fetchToken(user: string): Promise<string> {
  const { stdout } = await runClient(world.home, [`--user=${user}`, '--output=token'])
  return stdout.trim()
}

interface Case {
  protocol: Protocol
  mechanism: Mechanism
}

const cases: Case[] = protocols.flatMap((protocol) =>
  mechanisms.map((mechanism) => ({ protocol, mechanism })),
)

const accepted = { SMTP: /^235 2\.7\.0 /, IMAP: /^a1 OK /, POP: /^\+OK / }
const refused = {
  SMTP: /^535 5\.7\.8 /,
  IMAP: /^a1 NO \[AUTHENTICATIONFAILED\] /,
  POP: /^-ERR \[AUTH\] /,
}

function credential({ protocol, mechanism }: Case, user: string, accessToken: string): string {
  return formatCredential({ account: user, user, protocol, accessToken }, formats[mechanism])
}

/** What Dovecot says to these bytes, everywhere; its two services with TLS first are asked. */
function loginEverywhere(response: (login: Case) => string) {
  return Promise.all(
    cases.map(async (login) => {
      const { ports } = judges[login.mechanism]
      const port = { SMTP: ports.submissions, IMAP: ports.imaps, POP: ports.pops }[login.protocol]
      const { ca } = world.provider.certificates
      return { ...login, ...(await loginRaw({ ...login, port, ca, response: response(login) })) }
    }),
  )
}

async function assertRefusedEverywhere(
  response: (login: Case) => string,
  reasons: Record<Mechanism, RegExp>,
  challenge: Record<Mechanism, string | undefined>,
): Promise<void> {
  for (const answer of await loginEverywhere(response)) {
    assert.match(answer.verdict, refused[answer.protocol], answer.mechanism)
    assert.equal(answer.challenge, challenge[answer.mechanism])
    assert.match(await judges[answer.mechanism].log(), reasons[answer.mechanism])
  }
}

const challenges = {
  XOAUTH2: '{"status":"401","schemes":"bearer","scope":"mail"}',
  OAUTHBEARER: '{"status":"invalid_token"}',
}
const inBoth = (reason: RegExp) => ({ XOAUTH2: reason, OAUTHBEARER: reason })

test('Dovecot takes a token of its owner, by every protocol and mechanism', async () => {
  const token = await fetchToken(world.user)
  for (const answer of await loginEverywhere((login) => credential(login, world.user, token))) {
    assert.match(answer.verdict, accepted[answer.protocol], answer.mechanism)
  }
})

test('Dovecot refuses a credential that is in base64 twice', async () => {
  const token = await fetchToken(world.user)
  await assertRefusedEverywhere(
    (login) => Buffer.from(credential(login, world.user, token)).toString('base64'),
    { XOAUTH2: /Username or token missing/, OAUTHBEARER: /Invalid gs2-header in request/ },
    { XOAUTH2: undefined, OAUTHBEARER: undefined },
  )
})

test('Dovecot refuses a token under another user= than its owner', async () => {
  const token = await fetchToken(world.user)
  await assertRefusedEverywhere(
    (login) => credential(login, 'nobody@example.com', token),
    inBoth(/Username 'nobody@example\.com' did not match 'user@example\.com'/),
    challenges,
  )
})

test("Dovecot refuses somebody else's token", async () => {
  const token = await fetchToken(foreign)
  await assertRefusedEverywhere(
    (login) => credential(login, world.user, token),
    inBoth(/Username 'user@example\.com' did not match 'other@example\.com'/),
    challenges,
  )
})

test('Dovecot refuses a token that nobody issued', async () => {
  await assertRefusedEverywhere(
    (login) => credential(login, world.user, 'nonsense'),
    inBoth(/Provided token is not valid/),
    challenges,
  )
})

function testLogin({ protocol, mechanism }: Case, user: string) {
  const { ports } = judges[mechanism]
  const port = { SMTP: ports.submission, IMAP: ports.imap, POP: ports.pop }[protocol]
  return runClient(world.home, [`--user=${user}`, `${optionOf(protocol)}=localhost:${port}`])
}

const optionOf = (protocol: Protocol) => `--test-${protocol.toLowerCase()}`

function assertExplained({ status, stdout, stderr }: Result): void {
  assert.equal(status, 77, stderr)
  assert.match(stdout, /^connect: /)
  assert.match(stderr, /^cms-oauth: error: the server refused: .*Authentication failed/)
  assert.match(stderr, /"(?:status":"401|status":"invalid_token)".*\ncms-oauth: hint: ./)
}

for (const { protocol, mechanism } of cases) {
  test(`${optionOf(protocol)} logs in to Dovecot with ${mechanism}`, async () => {
    const { status, stdout, stderr } = await testLogin({ protocol, mechanism }, world.user)
    assert.equal(status, 0, stderr)
    const lastLines = {
      SMTP: /\nreply: retcode \(235\); Msg: b'2\.7\.0 Logged in\.'\n$/,
      IMAP: /\nreply: OK \[READ-WRITE\] Select completed .*\n$/,
      POP: /\nreply: \+OK Logged in\.\n$/,
    }
    assert.match(stdout, lastLines[protocol])
    assert.match(stdout, new RegExp(`\nsend: .*AUTH.* ${mechanism}\n`))
    assert.ok(!stdout.includes((await fetchToken(world.user)).slice(0, 20)))
  })

  test(`${optionOf(protocol)} tells that Dovecot refuses another's token with ${mechanism}`, async () => {
    assertExplained(await testLogin({ protocol, mechanism }, foreign))
  })
}

// The last ones: once the provider has seen a token expire it has forgotten it.
test('Dovecot refuses an expired token, and the login tests tell so', async () => {
  const token = await fetchToken(world.user)
  await afterTheTokenHasExpired(async () => {
    for (const login of cases) assertExplained(await testLogin(login, world.user))
    await assertRefusedEverywhere(
      (login) => credential(login, world.user, token),
      inBoth(/oauth2\(user@example\.com,.*Provided token is not valid/),
      challenges,
    )
  })
})
