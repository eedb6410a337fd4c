/** The row of `status`, what stands below it, and the state say one and the same, in every state. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { statusText } from '../../../src/client/status-text.ts'
import { accountStatus } from '../../../src/daemon/broker/account-status.ts'
import {
  type Actor,
  type CmsOauthError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../../../src/errors.ts'
import type { Advice } from '../../../src/messages/advice.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { defer } from '../sign-in/deferred.ts'

const login = 'run "cms-oauth login user@example.com"'
const screen = { columns: Infinity, paint: (text: string) => text }

type World = ReturnType<typeof createAccountToken>

/** One whose every refresh fails so, which was tried so often. */
async function failing(error: CmsOauthError, tries: number, hasToken = true): Promise<World> {
  const world = createAccountToken(async () => {
    throw error
  })
  const { token, clock } = world
  if (hasToken)
    token.accept(refreshedToken({ expiresAt: clock.wallMs() + 3_600_000, scopes: ['mail'] }))
  else token.resume(1)
  for (let count = 0; count < tries; count++) await assert.rejects(token.refreshNow())
  return world
}

function active(changes: object = {}): World {
  const world = createAccountToken()
  const expiresAt = world.clock.wallMs() + 3_600_000
  world.token.accept(refreshedToken({ expiresAt, scopes: ['mail'], ...changes }))
  return world
}

const error = (
  Class:
    typeof SignInRequiredError | typeof ProviderRejectedError | typeof ProviderUnavailableError,
  actor?: Actor,
) => new Class('the reason', { hint: 'the hint', ...(actor === undefined ? {} : { actor }) })

interface Case {
  name: string
  world: () => World | Promise<World>
  state: string
  first?: Pick<Advice, 'about' | 'in_short' | 'actor' | 'is_urgent' | 'next_step'>
}

function access(in_short: Advice['in_short'], actor: Actor, is_urgent: boolean, next_step: string) {
  return { about: 'access' as const, in_short, actor, is_urgent, next_step }
}

const about = (what: Advice['about'], is_urgent: boolean, next_step: string) => {
  return {
    about: what,
    in_short: 'see below' as const,
    actor: 'you' as const,
    is_urgent,
    next_step,
  }
}

const cases: Case[] = [
  { name: 'all is well', world: () => active(), state: 'active' },
  {
    name: 'nobody has signed in',
    world: () => createAccountToken(),
    state: 'signed_out',
    first: access('sign in', 'you', true, login),
  },
  {
    name: 'a sign-in is open, after a failure too',
    world: async () => {
      const world = await failing(error(SignInRequiredError), 2)
      world.token.countSignIn(1)
      return world
    },
    state: 'signing_in',
    first: access('finish sign-in', 'you', false, 'finish the sign-in in the browser'),
  },
  {
    name: 'the sign-in is over',
    world: () => failing(error(SignInRequiredError), 2),
    state: 'sign_in_required',
    first: access('sign in', 'you', true, 'the hint'),
  },
  {
    name: 'the sign-in is over, and only an administrator lets anybody in',
    world: () => failing(error(SignInRequiredError, 'administrator'), 2),
    state: 'sign_in_required',
    first: access('ask an administrator', 'administrator', true, 'the hint'),
  },
  {
    name: 'the sign-in was refused once',
    world: () => failing(error(SignInRequiredError), 1),
    state: 'backing_off',
    first: access(
      'wait',
      'nobody',
      false,
      'wait two minutes, or run "cms-oauth refresh user@example.com"',
    ),
  },
  {
    name: 'an outage',
    world: () => failing(error(ProviderUnavailableError), 1),
    state: 'backing_off',
    first: access('wait', 'nobody', false, 'the hint'),
  },
  {
    name: 'a certificate that is not trusted',
    world: () => failing(error(ProviderUnavailableError, 'you'), 1, false),
    state: 'backing_off',
    first: access('see below', 'you', true, 'the hint'),
  },
  {
    name: 'a proxy that does not allow it',
    world: () => failing(error(ProviderUnavailableError, 'administrator'), 1),
    state: 'backing_off',
    first: access('ask an administrator', 'administrator', true, 'the hint'),
  },
  {
    name: 'a wrong registration',
    world: () => failing(error(ProviderRejectedError), 1),
    state: 'misconfigured',
    first: access('see below', 'you', true, 'the hint'),
  },
  {
    name: 'a disabled account',
    world: () => failing(error(ProviderRejectedError, 'administrator'), 1),
    state: 'misconfigured',
    first: access('ask an administrator', 'administrator', true, 'the hint'),
  },
  {
    name: 'a refresh after a failure is under way',
    world: async () => {
      const first = defer<never>()
      const answers = [first.promise, defer<never>().promise]
      const world = createAccountToken(() => answers.shift() ?? first.promise)
      world.token.resume(1)
      first.reject(error(ProviderUnavailableError))
      await assert.rejects(world.token.refreshNow())
      world.token.resume(1)
      return world
    },
    state: 'refreshing',
    first: access('wait', 'nobody', false, 'wait some seconds: it is being tried again'),
  },
  {
    name: 'the sign-in is not on disk',
    world: () => active({ isDurable: false }),
    state: 'active',
    first: about('store', false, 'check the disk of the store: it is full, failing or read-only'),
  },
  {
    name: 'less was granted than asked for',
    world: () => active({ scopes: ['openid'] }),
    state: 'active',
    first: about(
      'permissions',
      true,
      `allow the client "mail" at the provider and ${login} again, with all that it asks for`,
    ),
  },
  {
    name: 'the scopes are called otherwise',
    world: () => active({ scopes: ['urn:mail'] }),
    state: 'active',
    first: about(
      'permissions',
      false,
      'it may have another name for that: try a login with --test-smtp or --test-imap; where that works, nothing is missing',
    ),
  },
  {
    name: 'the sign-in expires soon',
    world: () => active({ signedInAt: 1, renewalExpiresAt: Date.UTC(2026, 0, 2) }),
    state: 'active',
    first: about('end', false, `before 2026-01-02, ${login}`),
  },
]

describe('row and block of the status agree', () => {
  for (const { name, world, state, first } of cases) {
    test(name, async () => {
      const { token, clock } = await world()
      const status = accountStatus(token, [], { now: clock.wallMs() })
      assert.equal(status.state, state)
      const [advice] = status.advice ?? []
      const { message, ...rest } = advice ?? {}
      assert.deepEqual(advice === undefined ? undefined : rest, first)
      assert.equal(status.action, first?.next_step ?? '')
      const answer = { version: '1', pid: 1, accounts: [status] }
      const [, row = '', ...block] = statusText(answer, clock.wallMs(), screen).split('\n')
      const cells = row.split(/ {2,}/)
      assert.equal(cells[5], first?.in_short ?? '-')
      const told = block.join('\n')
      if (first === undefined) return assert.equal(told, '')
      assert.ok(told.includes(message ?? assert.fail()), told)
      assert.ok(told.replaceAll(/ +/g, ' ').includes(`next step ${first.next_step}`), told)
      // Nothing else is said to be done.
      assert.equal(told.split(/^ {2}next step /m).length, 2, told)
      const who = { you: 'you', administrator: 'your administrator', nobody: 'nobody' }
      const acting = block.find((line) => line.startsWith('  who '))
      assert.ok(acting?.includes(`  ${who[first.actor]}`), told)
    })
  }
})
