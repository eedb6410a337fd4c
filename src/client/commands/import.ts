import { UsageError } from '../../errors.ts'
import type { AccountStatus } from '../../messages/control-api.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl, operandOf } from '../control.ts'
import { decryptToken } from '../decrypt-token.ts'
import type { ForeignToken } from '../foreign-token.ts'
import type { CommandLine } from '../options.ts'
import { parseForeignTokens } from '../parse-foreign-tokens.ts'
import { tokensInPizauthDump } from '../pizauth-dump.ts'
import { readInput } from '../read-input.ts'

/** An MSAL cache with many accounts is much smaller. */
const longestFile = 4 * 1_024 * 1_024

/** `import ADDRESS`: takes a refresh token from standard input. @throws CmsOauthError */
export async function runImport(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  if (process.stdin.isTTY) {
    process.stderr.write('Reading the refresh token; end it with Enter and Ctrl-D.\n')
  }
  const input = await readInput(longestFile)
  const tokens = tokensInPizauthDump(input) ?? parseForeignTokens(input.toString('utf8'))
  const control = await connectControl(line)
  const refreshToken = await chooseToken(control, user, tokens)
  await control.importGrant(user, { refresh_token: refreshToken })
  process.stdout.write(`${user}: imported, and refreshed once\n`)
  return 0
}

/** The newest token that fits the account. */
async function chooseToken(
  control: ControlClient,
  user: string,
  tokens: ForeignToken[],
): Promise<string> {
  const account = (await control.accounts()).accounts.find((each) => each.user === user)
  // An account that is not configured is refused by the daemon.
  const fitting = tokens.filter((token) => account === undefined || fits(token, account))
  const chosen = fitting.at(-1)
  if (chosen === undefined) throw notForAccount(user, tokens, account?.client_id ?? '')
  requireOne(user, fitting)
  return decryptToken(user, chosen)
}

/** Programs that name accounts as they like do not say whose token it is. @throws UsageError */
function requireOne(user: string, fitting: readonly ForeignToken[]): void {
  const names = fitting.flatMap(({ name, address }) => (address === undefined ? (name ?? []) : []))
  if (names.length < 2) return
  const list = names.map((name) => `"${name}"`).join(', ')
  throw new UsageError(`standard input does not say which account is that of "${user}": ${list}`, {
    hint: 'keep one of them in the configuration of the other program, or call it by its address, and write the file again',
  })
}

function fits({ address, clientId }: ForeignToken, account: AccountStatus): boolean {
  const isIts = (wanted: string) => address?.toLowerCase() === wanted.toLowerCase()
  return (
    (address === undefined || isIts(account.user) || isIts(account.login_hint)) &&
    (clientId === undefined || clientId.toLowerCase() === account.client_id.toLowerCase())
  )
}

function notForAccount(user: string, tokens: ForeignToken[], clientId: string): UsageError {
  const owners = tokens.map(({ address, name, clientId: client }) => {
    const owner = address ?? name ?? 'somebody'
    return client === undefined ? `"${owner}"` : `"${owner}" with client_id "${client}"`
  })
  return new UsageError(`standard input is the sign-in of ${[...new Set(owners)].join(', of ')}`, {
    hint: `"${user}" has the client_id "${clientId}", and a refresh token is of use only to the client that it was given to; if the address is another that signs in for "${user}", set login_hint`,
  })
}
