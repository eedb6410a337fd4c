import type { ServerResponse } from 'node:http'
import type { AccountsAnswer, AccountStatus } from '../../messages/control-api.ts'

/** The same answer, its accounts made one by one as they are asked for. */
export type Lazily<Answer extends { accounts: unknown[] }> = Omit<Answer, 'accounts'> & {
  accounts: Iterable<Answer['accounts'][number]>
}

/** 10,000 accounts in one go would hold up those who ask for a token for a third of a second. */
const accountsPerTurn = 100

/** Sends the accounts, a few in each turn of the event loop, with how many connections each has. */
export async function sendAccounts(
  response: ServerResponse,
  { accounts, ...rest }: Lazily<AccountsAnswer>,
  connections: ReadonlyMap<string, number>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' })
  let text = `${JSON.stringify(rest).slice(0, -1)},"accounts":[`
  let count = 0
  for (const account of accounts) {
    text += `${count === 0 ? '' : ','}${toJson(account, connections)}`
    if (++count % accountsPerTurn !== 0) continue
    if (!(await hasTaken(response, text))) return
    text = ''
  }
  response.end(`${text}]}\n`)
}

function toJson(account: AccountStatus, connections: ReadonlyMap<string, number>): string {
  return JSON.stringify({ ...account, bridge_connections: connections.get(account.user) ?? 0 })
}

/** False where nobody reads it any more. */
async function hasTaken(response: ServerResponse, text: string): Promise<boolean> {
  if (!response.write(text)) await drainOrEnd(response)
  // What the kernel takes at once drains within the same turn.
  await new Promise(setImmediate)
  return !response.destroyed
}

function drainOrEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle)
      resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}
