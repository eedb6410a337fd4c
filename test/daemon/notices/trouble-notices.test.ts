/** The table of src/daemon/notices/trouble-notices.ts, on a clock of the test. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import type { Notice } from '../../../src/daemon/notices/notifier.ts'
import { TroubleNotices } from '../../../src/daemon/notices/trouble-notices.ts'
import {
  type CmsOauthError,
  ConfigInvalidError,
  InsecureFileModeError,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
  StoreLockedError,
  StoreUnreadableError,
} from '../../../src/errors.ts'
import { ProgramReplacedError } from '../../../src/package/program-files.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { assertSentence, type Names } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'

const user = 'user@example.com'
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Why refreshes fail, by the word that a row of the tables has for it. */
const failures = {
  outage: new ProviderUnavailableError('no route', { hint: 'it is tried again' }),
  locked: new StoreLockedError('another host has the store', { hint: 'it lets go' }),
  keyring: new StoreLockedError('the keyring is locked', { hint: 'open it', actor: 'you' }),
  garbled: new ProviderProtocolError('no token in it', { hint: 'ask them' }),
  refused: new SignInRequiredError('the sign-in was ended', { hint: 'sign in' }),
  expired: new ProviderRejectedError('the secret has expired', {
    hint: 'make a new one',
    answer: { error: 'invalid_client', aadsts: 7000222 },
  }),
  disabled: new ProviderRejectedError('the account is disabled', {
    hint: 'ask for it',
    answer: { error: 'invalid_client', aadsts: 50057 },
  }),
  unset: new ConfigInvalidError('no secret', { hint: 'add it' }),
  open: new InsecureFileModeError('others may read it', { hint: 'close it' }),
  replaced: new ProgramReplacedError('the files were replaced', { hint: 'restart it' }),
  unreadable: new StoreUnreadableError('the record is broken', { hint: 'restore it' }),
} satisfies Record<string, CmsOauthError>

type Happening = keyof typeof failures | 'good' | 'unsaved' | 'saved' | 'forgotten'
/** What the provider answers from now on, or for how many ms time goes by. */
type Step = Happening | number

interface World {
  isTold?: () => boolean
  account?: Partial<Account>
}

function setUp({ isTold = () => true, account = {} }: World = {}) {
  let answer: Happening = 'good'
  const refresh = () => {
    if (answer in failures) return Promise.reject(failures[answer as keyof typeof failures])
    return Promise.resolve(
      refreshedToken({ expiresAt: clock.wallMs() + hour, isDurable: answer !== 'unsaved' }),
    )
  }
  const { token, clock } = createAccountToken(refresh, new FakeClock(), account)
  const notices: Notice[] = []
  const troubles = new TroubleNotices({
    clock,
    sharersOf: () => [],
    notify: (notice) => isTold() && notices.push(notice) > 0,
  })
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += minute / 2) {
      clock.advance(minute / 2)
      token.refreshIfDue()
      await settled()
      troubles.look(token)
    }
  }
  const happen = async (happening: Happening) => {
    if (happening === 'saved') token.markDurable()
    else if (happening === 'forgotten') token.forget()
    else {
      answer = happening
      token.resume(1)
      await settled()
    }
    troubles.look(token)
  }
  const go = async (...steps: Step[]) => {
    for (const step of steps) await (typeof step === 'number' ? pass(step) : happen(step))
    return notices.splice(0)
  }
  return { clock, troubles, go }
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function eventsOf(notices: Notice[]): Notice['event'][] {
  return notices.map(({ event }) => event)
}

const never: Notice['event'][] = []

/** From a good start: what happens, and what is told of it, in the order of the table. */
const rows: [what: string, steps: Step[], told: Notice['event'][]][] = [
  ['all is well for a week', [7 * day], never],
  ['an outage as long as the token lives', ['outage', 40 * minute], never],
  ['the end of an outage that nobody was told of', ['outage', 40 * minute, 'good'], never],
  ['the token runs out in an outage', ['outage', 62 * minute], ['action_required']],
  ['its end', ['outage', 62 * minute, 'good'], ['action_required', 'recovered']],
  ['the store is locked and no token left', ['locked', 62 * minute], ['action_required']],
  ['answers without a token, one left', ['garbled', 40 * minute], never],
  ['answers without a token, none left', ['garbled', 62 * minute], ['action_required']],
  ['the keyring is locked for half a minute', ['keyring', minute / 2, 'good'], never],
  ['the keyring is locked, a token left', ['keyring', 2 * minute], ['action_required']],
  ['a secret has expired', ['expired'], ['action_required']],
  ['it goes on for an hour', ['expired', hour], ['action_required']],
  ['it is replaced', ['expired', hour, 'good'], ['action_required', 'recovered']],
  ['then the account is disabled', ['expired', 'disabled'], told(2)],
  ['one reason takes turns with another', flapping('expired', 'unset'), told(2)],
  [
    'a provider of many words',
    flapping('expired', 'disabled', 'unset', 'open', 'unreadable'),
    told(4),
  ],
  ['a setting is missing', ['unset'], ['action_required']],
  ['a file is open to others', ['open'], ['action_required']],
  ['the record cannot be read', ['unreadable'], ['action_required']],
  ['an outage on top', ['expired', 'outage', 3 * hour], ['action_required']],
  ['a secret on top of an outage', ['outage', 2 * hour, 'expired'], told(2)],
  ['a refusal that is not confirmed', ['refused', minute / 2, 'good'], never],
  ['a sign-in is refused', ['refused', 3 * minute], ['sign_in_required']],
  ['somebody signs in', ['refused', 3 * minute, 'good'], ['sign_in_required', 'recovered']],
  ['refused again and again', ['refused', 3 * minute, 'refused', 'refused'], ['sign_in_required']],
  ['an outage while it waits', ['refused', 3 * minute, 'outage', 2 * hour], ['sign_in_required']],
  ['a day goes by', ['refused', 3 * minute, day], Array(2).fill('sign_in_required')],
  ['three days go by', ['expired', 3 * day], told(4)],
  ['an outage of two days', ['outage', 2 * day + 2 * hour], told(3)],
  ['a full disk', ['unsaved', 2 * minute], ['action_required']],
  ['a disk that was full for a moment', ['unsaved', minute / 2, 'saved', 5 * minute], never],
  ['space again', ['unsaved', 2 * minute, 'saved', minute], ['action_required', 'recovered']],
  [
    'a sign-in that the disk refuses',
    ['refused', 3 * minute, 'unsaved', 2 * minute],
    ['sign_in_required', 'recovered', 'action_required'],
  ],
  ['somebody signs out', ['refused', 3 * minute, 'forgotten', 3 * day], ['sign_in_required']],
  [
    'and in again',
    ['refused', 3 * minute, 'forgotten', 3 * day, 'good'],
    ['sign_in_required', 'recovered'],
  ],
]

function told(count: number): Notice['event'][] {
  return Array<Notice['event']>(count).fill('action_required')
}

function flapping(...happenings: Happening[]): Step[] {
  return [...happenings, ...happenings, ...happenings]
}

for (const [what, steps, expected] of rows) {
  test(`told: ${what}`, async () => {
    const { go } = setUp()
    assert.deepEqual(eventsOf(await go('good', ...steps)), expected)
  })
}

test('nobody is told of an account that nobody ever signed in for', async () => {
  const { go } = setUp()
  assert.deepEqual(await go(3 * day), [])
})

test('a start in an outage is told after a minute', async () => {
  const { go } = setUp()
  assert.deepEqual(await go('outage', minute / 2), [])
  assert.deepEqual(eventsOf(await go(minute)), ['action_required'])
})

test('nothing counts as reported while there is no command; it is reported as soon as there is one', async () => {
  let isTold = false
  const { go } = setUp({ isTold: () => isTold })
  assert.deepEqual(await go('good', 'expired', hour), [])
  isTold = true
  assert.deepEqual(eventsOf(await go(minute)), ['action_required'])
  assert.deepEqual(eventsOf(await go('good')), ['recovered'])
})

test('an account that left the configuration begins at the beginning', async () => {
  const { go, troubles } = setUp()
  await go('expired')
  troubles.drop(user)
  assert.deepEqual(eventsOf(await go('good')), [])
})

const secret = { user, error: 'the secret has expired', hint: 'make a new one' }
const words: [what: string, steps: Step[], names: Names][] = [
  ['a secret that had expired before', ['expired'], secret],
  ['a secret that expires while there is a token', ['good', 'expired'], secret],
  ['an outage', ['good', 'outage', 62 * minute], { user, error: 'no route' }],
  ['a sign-in that is over', ['refused', 3 * minute], { user }],
  ['mail that goes again', ['expired', 'good'], { user }],
  ['a sign-in that reached the disk', ['unsaved', 2 * minute, 'saved', minute], { user }],
]

for (const [what, steps, names] of words) {
  test(`the words about ${what}`, async () => {
    const { go } = setUp()
    assertSentence((await go(...steps)).at(-1)?.message, what, names)
  })
}

test('replaced program files are told once for all accounts, until a refresh succeeds', async () => {
  const { clock, troubles, go } = setUp()
  const { token: other } = createAccountToken(() => Promise.reject(failures.replaced), clock)
  other.resume(1)
  await go('good', 'replaced')
  troubles.look(other)
  const message = 'mail access stops when the tokens expire: the files were replaced; restart it'
  clock.advance(minute)
  troubles.look(other)
  assert.deepEqual(await go(hour), [{ event: 'action_required', user: '', message }])
  troubles.noteSuccess()
  const [recovered, ...more] = await go('good')
  assert.deepEqual([recovered?.event, recovered?.user, more], ['recovered', '', []])
  assertSentence(recovered?.message, 'what all accounts had is over', { what: 'cms-oauthd' })
})

test('accounts that share a sign-in are told of its end once, and of the next one when all have it', async () => {
  const [shared, other] = ['shared@example.com', 'other@example.com']
  let error: CmsOauthError | undefined = failures.refused
  const clock = createAccountToken().clock
  const good = () => refreshedToken({ expiresAt: clock.wallMs() + hour })
  const refresh = () => (error === undefined ? Promise.resolve(good()) : Promise.reject(error))
  const { token: owner } = createAccountToken(refresh, clock)
  const sharers = [shared, other].map(
    (address) => createAccountToken(refresh, clock, { user: address, signInWith: user }).token,
  )
  const tokens = [owner, ...sharers]
  const notices: Notice[] = []
  const notify = (notice: Notice) => notices.push(notice) > 0
  const troubles = new TroubleNotices({ clock, sharersOf: () => sharers, notify })
  const look = async (ms = 0) => {
    clock.advance(ms)
    for (const token of tokens) token.refreshIfDue()
    await settled()
    for (const token of [...sharers, owner]) troubles.look(token)
    return notices.splice(0)
  }
  for (const token of tokens) token.resume(1)
  await look()
  const message = `${user} must sign in again, for ${shared} and ${other} too: run "cms-oauth login ${user}"`
  assert.deepEqual(await look(2 * minute), [{ event: 'sign_in_required', user, message }])
  owner.accept(good())
  sharers[0]?.accept(good())
  assert.deepEqual(await look(minute), [])
  error = undefined
  sharers[1]?.resume(2)
  const ending = `mail access of ${user} and ${shared} and ${other} works again`
  assert.deepEqual(await look(), [{ event: 'recovered', user, message: ending }])
  assert.deepEqual(await look(day), [])
})

test('of an account that only sends it is not said that it gives access to mail', async () => {
  const { go } = setUp({ account: { sendsBy: 'graph' } })
  const [stopped, recovered] = await go('expired', 2 * hour, 'good')
  assertSentence(stopped?.message, 'sending stops', { user })
  assertSentence(recovered?.message, 'sending works again', { user })
})
