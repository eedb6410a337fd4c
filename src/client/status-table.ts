import type { AccountState, AccountStatus } from '../messages/control-api.ts'
import { adviceOf } from './advice-of.ts'
import { formatTable, tableWidth } from './table.ts'
import type { Screen } from './terminal.ts'

/** A column: its header, and its cell for an account. */
interface Column {
  title: string
  cell: (account: AccountStatus, now: number) => string
}

const account: Column = { title: 'ACCOUNT', cell: ({ user }) => user }
const provider: Column = { title: 'PROVIDER', cell: (row) => row.provider }
const state: Column = { title: 'STATE', cell: (row) => row.state.replaceAll('_', ' ') }
const tokenExpires: Column = {
  title: 'TOKEN EXPIRES',
  cell: (row, now) => distance(row.expires_at, now),
}
const lastRefresh: Column = {
  title: 'LAST REFRESH',
  cell: (row, now) => distance(row.last_refresh_at, now),
}
const action: Column = { title: 'ACTION', cell: actionOf }
const signInExpires: Column = { title: 'SIGN-IN EXPIRES', cell: signInEnd }

/** From all columns to the indispensable ones: the first layout that fits the screen is used. */
const layouts: readonly (readonly Column[])[] = [
  [account, provider, state, tokenExpires, lastRefresh, action, signInExpires],
  [account, state, tokenExpires, action, signInExpires],
  [account, state, tokenExpires, action],
  [account, state, action],
]

/** Green: works, yellow: under way, red: waits for a person. */
const stateColours: Record<AccountState, string> = {
  active: '32',
  refreshing: '32',
  signing_in: '33',
  backing_off: '33',
  signed_out: '31',
  sign_in_required: '31',
  misconfigured: '31',
}

/** The accounts in as many columns as the screen has room for; on a very narrow one below each other. */
export function statusTable(
  accounts: readonly AccountStatus[],
  now: number,
  { columns: width, paint }: Screen,
): string {
  const colours = new Map(
    Object.entries(stateColours).map(([name, codes]) => [name.replaceAll('_', ' '), codes]),
  )
  const painted = (cell: string) => paint(cell, colours.get(cell.trimEnd()))
  for (const columns of layouts) {
    const rows = [
      columns.map(({ title }) => title),
      ...accounts.map((each) => columns.map(({ cell }) => cell(each, now))),
    ]
    if (tableWidth(rows) > width) continue
    return formatTable(rows, (cell, column) => (columns[column] === state ? painted(cell) : cell))
  }
  const [, ...details] = layouts[0] ?? []
  return accounts
    .map((each) => {
      const rows = details.map(({ title, cell }) => [`  ${title}`, cell(each, now)])
      return `${each.user}\n${formatTable(rows, (cell, column) => (column === 1 ? painted(cell) : cell))}`
    })
    .join('')
}

/** Short, to fit a column: the text below the table gives the details. */
function actionOf(account: AccountStatus): string {
  const [first] = adviceOf(account)
  return first?.in_short ?? '-'
}

function signInEnd({ ends }: AccountStatus): string {
  const next = ends.find(({ what }) => what === 'sign_in')
  if (next === undefined) return '-'
  const day = next.at.slice(0, 10)
  return next.is_sliding ? `${day} if unused` : day
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
