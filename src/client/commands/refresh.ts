import { connectControl, operandOf, refuseOperands } from '../control.ts'
import { forEachAccount } from '../each-account.ts'
import type { CommandLine } from '../options.ts'

/** `refresh ADDRESS`, `refresh --all`: a new token now. @throws CmsOauthError */
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
  await refresh(operandOf(line))
  return 0
}
