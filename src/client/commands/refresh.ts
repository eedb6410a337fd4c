import { UsageError } from '../../errors.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl, operandOf, refuseOperands } from '../control.ts'
import { forEachAccount } from '../each-account.ts'
import type { CommandLine } from '../options.ts'

/** `refresh [ADDRESS]`, `refresh --all`: a new token now; where there is one account, of that. @throws CmsOauthError */
export async function runRefresh(line: CommandLine): Promise<number> {
  const control = await connectControl(line)
  const refresh = async (user: string) => {
    await control.refresh(user)
    process.stdout.write(`${user}: refreshed\n`)
  }
  if (line.options.all === true) {
    refuseOperands(line, '--all')
    const { accounts } = await control.accounts()
    return forEachAccount(
      accounts.map(({ user }) => user),
      refresh,
    )
  }
  await refresh(line.words.length > 1 ? operandOf(line) : await findOnly(control))
  return 0
}

async function findOnly(control: ControlClient): Promise<string> {
  const { accounts } = await control.accounts()
  const [only, ...others] = accounts
  if (only !== undefined && others.length === 0) return only.user
  throw new UsageError('"refresh" needs an address', {
    hint:
      only === undefined
        ? 'no account is configured: run "cms-oauth init"'
        : `add --all, or name one of ${accounts.map(({ user }) => user).join(', ')}`,
  })
}
