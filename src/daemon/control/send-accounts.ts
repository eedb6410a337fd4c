import type { ServerResponse } from 'node:http'
import type { AccountsAnswer, AccountStatus } from '../../messages/control-api.ts'
import { sendPieces } from './send-pieces.ts'

/** The same answer, its accounts made one by one as they are asked for. */
export type Lazily<Answer extends { accounts: unknown[] }> = Omit<Answer, 'accounts'> & {
  accounts: Iterable<Answer['accounts'][number]>
}

/** 10,000 accounts in one go would hold up those who ask for a token for a third of a second. */
const accountsPerTurn = 100

/** Sends the accounts, a few in each turn of the event loop, with how many connections each has. */
export function sendAccounts(
  response: ServerResponse,
  answer: Lazily<AccountsAnswer>,
  connections: ReadonlyMap<string, number>,
): Promise<void> {
  return sendPieces(response, 'application/json', piecesOf(answer, connections))
}

function* piecesOf(
  { accounts, ...rest }: Lazily<AccountsAnswer>,
  connections: ReadonlyMap<string, number>,
): Iterable<string> {
  let text = `${JSON.stringify(rest).slice(0, -1)},"accounts":[`
  let count = 0
  for (const account of accounts) {
    text += `${count === 0 ? '' : ','}${toJson(account, connections)}`
    if (++count % accountsPerTurn !== 0) continue
    yield text
    text = ''
  }
  yield `${text}]}\n`
}

function toJson(account: AccountStatus, connections: ReadonlyMap<string, number>): string {
  return JSON.stringify({ ...account, bridge_connections: connections.get(account.user) ?? 0 })
}
