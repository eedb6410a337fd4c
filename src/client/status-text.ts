import { wrapWords } from '../command-line/option-table.ts'
import type { Actor } from '../errors.ts'
import type { Advice } from '../messages/advice.ts'
import type { AccountsAnswer, AccountStatus, UnusedSignIn } from '../messages/control-api.ts'
import type { OutboxStatus } from '../messages/outbox-api.ts'
import { providerWords, supportWords } from '../oauth/provider-words.ts'
import { adviceOf } from './advice-of.ts'
import { sharedStoreLine } from './shared-store-line.ts'
import { statusTable } from './status-table.ts'
import { formatTable, tableWidth } from './table.ts'
import type { Screen } from './terminal.ts'

/** The words for who must act. */
export const actorWords: Record<Actor, string> = {
  you: 'you',
  administrator: 'your administrator',
  nobody: 'nobody',
}

/** The table of accounts, and below it the details of those in trouble. */
export function statusText(
  { accounts, unused_sign_ins: unused = [], outboxes = [], shared_store: store }: AccountsAnswer,
  now: number,
  screen: Screen,
): string {
  const remarks = accounts.flatMap((account) => remarksOn(account, screen))
  const table = statusTable(accounts, now, screen)
  const bridged = connectionsLine(accounts)
  const bridges = bridged === '' ? [] : [paragraph(bridged, screen)]
  const boxes = outboxes.map((outbox) => paragraph(outboxLine(outbox, now), screen))
  const shared = store === undefined ? [] : [paragraph(sharedStoreLine(store), screen)]
  const signIns = unusedSignIns(unused, screen)
  return [table, ...remarks, ...shared, ...bridges, ...boxes, ...signIns].join('\n')
}

/** How many connections bridges have open for each account; empty where there is none. */
function connectionsLine(accounts: readonly AccountStatus[]): string {
  const counts = accounts.flatMap(({ user, bridge_connections: count = 0 }) =>
    count === 0 ? [] : [`${count} for ${user}`],
  )
  return counts.length === 0 ? '' : `bridge connections to mail servers: ${counts.join(', ')}`
}

function outboxLine(outbox: OutboxStatus, now: number): string {
  const { name, account, waiting, oldest_at: oldest, last_reason: reason } = outbox
  const since = oldest === null ? '' : `, the oldest for ${minutesSince(oldest, now)}`
  const many = `${waiting === 0 ? 'no' : waiting} message${waiting === 1 ? ' waits' : 's wait'}`
  const why = reason === null || waiting === 0 ? '' : `: ${reason}`
  return `outbox "${name}" of ${account}: ${many}${since}${why}`
}

function minutesSince(instant: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(instant)) / 60_000))
  if (minutes === 0) return 'less than a minute'
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`
}

/** Sign-ins that no account uses, which still give access at the provider. */
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
  const { user, sign_in_with: owner, sends_by: way = null } = account
  const say = (text: string) => paragraph(`${user}: ${text}`, screen)
  return [
    ...(owner === null ? [] : [say(`uses the sign-in of ${owner}`)]),
    ...(way === null ? [] : [say(`may only send, by ${way}: no program is given its token`)]),
    ...adviceOf(account).map(
      (item) => `${say(item.message)}${facts(factsOf(item, account), screen)}`,
    ),
  ]
}

/** Who must act, the next step, and for a failure what the provider said. */
function factsOf(
  { about, actor, next_step: nextStep }: Advice,
  { error }: AccountStatus,
): [string, string][] {
  const steps: [string, string][] = [
    ['who must act', actorWords[actor]],
    ['next step', nextStep],
  ]
  if (about !== 'access' || error === null) return steps
  const { answer = {}, failed_at: at } = error
  return [
    ...steps,
    ['provider said', providerWords(answer)],
    ['failed at', at],
    ['for support', supportWords(answer)],
  ]
}

/** Pairs of name and text, in two columns, the text wrapped in its own. */
function facts(pairs: [string, string][], { columns }: Screen): string {
  const shown = pairs.filter(([, text]) => text !== '')
  const margin = 4 + Math.max(...shown.map(([name]) => name.length))
  const rows = shown.flatMap(([name, text]) =>
    wrapWords(text, columns - margin).map((line, row) => [row === 0 ? `  ${name}` : '', line]),
  )
  return formatTable(rows)
}

/** A wrapped text whose further lines are indented. */
function paragraph(text: string, { columns }: Screen): string {
  return `${wrapWords(text, columns - 2).join('\n  ')}\n`
}

function dayOf(instant: string): string {
  return instant.slice(0, 10)
}
