import {
  type AccountError,
  type AccountsAnswer,
  type AccountStatus,
  endNames,
  type ForeseenEnd,
  type UnusedSignIn,
} from '../control/api.ts'
import type { Actor, ProviderAnswer } from '../errors.ts'
import { wrapWords } from '../option-table.ts'
import { statusTable } from './status-table.ts'
import { formatTable, tableWidth } from './table.ts'
import type { Screen } from './terminal.ts'

/** Who must act, as it is said to a person. */
export const actorWords: Record<Actor, string> = {
  you: 'you',
  administrator: 'your administrator',
  nobody: 'nobody: it will pass',
}

/** The table of accounts, and below it what there is to say of those in trouble. */
export function statusText(
  { accounts, unused_sign_ins: unused = [] }: AccountsAnswer,
  now: number,
  screen: Screen,
): string {
  const remarks = accounts.flatMap((account) => remarksOn(account, screen))
  const table = statusTable(accounts, now, screen)
  return [table, ...remarks, ...unusedSignIns(unused, screen)].join('\n')
}

/** What keeps a provider's door open without a use. */
function unusedSignIns(unused: readonly UnusedSignIn[], screen: Screen): string[] {
  if (unused.length === 0) return []
  const rows = unused.map(({ user, signed_in_at: at, reason }) => [
    `  ${user}`,
    at === null ? 'since an unknown day' : `since ${dayOf(at)}`,
    reason,
  ])
  const heading = paragraph(
    'Signed in, but not in use ("cms-oauth logout ADDRESS" forgets it):',
    screen,
  )
  if (tableWidth(rows) <= screen.columns) return [`${heading}${formatTable(rows)}`]
  return [`${heading}${rows.map((row) => paragraph(row.join(' '), screen)).join('')}`]
}

function remarksOn(account: AccountStatus, screen: Screen): string[] {
  const { user, sign_in_with: owner, error, ends, token_files: files, action } = account
  const problems = files.flatMap(({ problem }) => problem ?? [])
  const near = ends.filter(({ is_near: isNear }) => isNear)
  const isSaid =
    ['', error?.hint].includes(action) || near.some((end) => action.startsWith(end.next_step))
  const say = (text: string) => paragraph(`${user}: ${text}`, screen)
  return [
    ...(owner === null ? [] : [say(`uses the sign-in of ${owner}`)]),
    ...(error === null ? [] : [`${say(error.error_description)}${failureRows(error, screen)}`]),
    ...near.map((end) => `${say(endWords(end))}${facts([['next step', end.next_step]], screen)}`),
    ...problems.map(say),
    ...(isSaid ? [] : [say(action)]),
  ]
}

function failureRows({ hint, actor, answer, failed_at: at }: AccountError, screen: Screen): string {
  return facts(
    [
      ['who must act', actorWords[actor]],
      ['next step', hint],
      ['provider said', answer === undefined ? '' : providerWords(answer)],
      ['failed at', `${at}${reference(answer)}`],
    ],
    screen,
  )
}

function providerWords({ error = '', description = '' }: ProviderAnswer): string {
  return [error, description].filter((words) => words !== '').join(': ')
}

/** What Microsoft's support asks for. */
function reference(answer: ProviderAnswer | undefined): string {
  const id = answer?.correlationId
  return id === undefined ? '' : `, correlation id ${id}`
}

function endWords({ what, at, reason }: ForeseenEnd): string {
  return `the ${endNames[what]} expires on ${dayOf(at)}: ${reason}`
}

/** Names with what there is to say of them, each text wrapped below itself. */
function facts(pairs: [string, string][], { columns }: Screen): string {
  const told = pairs.filter(([, text]) => text !== '')
  const margin = 4 + Math.max(...told.map(([name]) => name.length))
  const rows = told.flatMap(([name, text]) =>
    wrapWords(text, columns - margin).map((line, row) => [row === 0 ? `  ${name}` : '', line]),
  )
  return formatTable(rows)
}

/** A text that goes on indented in the next line. */
function paragraph(text: string, { columns }: Screen): string {
  return `${wrapWords(text, columns - 2).join('\n  ')}\n`
}

function dayOf(instant: string): string {
  return instant.slice(0, 10)
}
