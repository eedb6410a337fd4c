import {
  type AccountError,
  type AccountStatus,
  endNames,
  type ForeseenEnd,
  type UnusedSignIn,
} from '../control/api.ts'
import type { Actor, ProviderAnswer } from '../errors.ts'
import { formatTable } from './table.ts'

const header = [
  'ACCOUNT',
  'PROVIDER',
  'STATE',
  'TOKEN EXPIRES',
  'LAST REFRESH',
  'WHAT TO DO',
  'SIGN-IN ENDS',
]

/** Who must act, as it is said to a person. */
export const actorWords: Record<Actor, string> = {
  you: 'you',
  administrator: 'your administrator',
  nobody: 'nobody: it will pass',
}

/** The table of accounts, and below it what there is to say of those in trouble. */
export function statusText(
  accounts: readonly AccountStatus[],
  now: number,
  unused: readonly UnusedSignIn[] = [],
): string {
  const rows = accounts.map((account) => [
    account.user,
    account.provider,
    account.state.replaceAll('_', ' '),
    distance(account.expires_at, now),
    distance(account.last_refresh_at, now),
    whatToDo(account),
    signInEnd(account),
  ])
  const table = formatTable([header, ...rows])
  return [table, ...accounts.flatMap(remarksOn), ...unusedSignIns(unused)].join('\n')
}

/** What keeps a provider's door open without a use. */
function unusedSignIns(unused: readonly UnusedSignIn[]): string[] {
  if (unused.length === 0) return []
  const rows = unused.map(({ user, signed_in_at: at, reason }) => [
    `  ${user}`,
    at === null ? 'since an unknown day' : `since ${dayOf(at)}`,
    reason,
  ])
  return [
    `Signed in, but not in use ("cms-oauth logout ADDRESS" forgets it):\n${formatTable(rows)}`,
  ]
}

/** As short as a column is: what is said below the table says it whole. */
function whatToDo({ state, error, action }: AccountStatus): string {
  switch (state) {
    case 'signed_out':
    case 'sign_in_required':
      return 'sign in'
    case 'backing_off':
      return 'wait'
    case 'signing_in':
      return 'finish sign-in'
    case 'misconfigured':
      return error?.actor === 'administrator' ? 'ask an administrator' : 'see below'
    case 'active':
    case 'refreshing':
      return action === '' ? '-' : 'see below'
  }
}

function signInEnd({ ends }: AccountStatus): string {
  const next = ends.find(({ what }) => what === 'sign_in')
  if (next === undefined) return '-'
  return next.is_sliding ? `${dayOf(next.at)} if unused` : dayOf(next.at)
}

function remarksOn(account: AccountStatus): string[] {
  const { user, sign_in_with: owner, error, ends, token_files: files, action } = account
  const problems = files.flatMap(({ problem }) => problem ?? [])
  const near = ends.filter(({ is_near: isNear }) => isNear)
  const isSaid =
    ['', error?.hint].includes(action) || near.some((end) => action.startsWith(end.next_step))
  return [
    ...(owner === null ? [] : [`${user}: uses the sign-in of ${owner}\n`]),
    ...(error === null ? [] : [failureRemark(user, error)]),
    ...near.map((end) => endRemark(user, end)),
    ...problems.map((problem) => `${user}: ${problem}\n`),
    ...(isSaid ? [] : [`${user}: ${action}\n`]),
  ]
}

function failureRemark(user: string, error: AccountError): string {
  const { error_description: description, hint, actor, answer } = error
  const rows = [
    ['  who must act', actorWords[actor]],
    ['  next step', hint],
    ['  provider said', answer === undefined ? '' : providerWords(answer)],
    ['  failed at', `${error.failed_at}${reference(answer)}`],
  ].filter(([, text]) => text !== '')
  return `${user}: ${description}\n${formatTable(rows)}`
}

function providerWords({ error = '', description = '' }: ProviderAnswer): string {
  return [error, description].filter((words) => words !== '').join(': ')
}

/** What Microsoft's support asks for. */
function reference(answer: ProviderAnswer | undefined): string {
  const id = answer?.correlationId
  return id === undefined ? '' : `, correlation id ${id}`
}

function endRemark(user: string, { what, at, reason, next_step: step }: ForeseenEnd): string {
  return `${user}: the ${endNames[what]} ends on ${dayOf(at)}: ${reason}\n  next step  ${step}\n`
}

function dayOf(instant: string): string {
  return instant.slice(0, 10)
}

/** `in 42 min`, `3 s ago`, or a dash. */
function distance(instant: string | null, now: number): string {
  if (instant === null) return '-'
  const seconds = Math.round((Date.parse(instant) - now) / 1_000)
  if (seconds === 0) return 'now'
  const size = Math.abs(seconds)
  const words =
    size < 120
      ? `${size} s`
      : size < 7_200
        ? `${Math.round(size / 60)} min`
        : `${Math.round(size / 3_600)} h`
  return seconds >= 0 ? `in ${words}` : `${words} ago`
}
