import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `refresh ADDRESS`: a new token now. @throws CmsOauthError */
export async function runRefresh(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  await connectControl(line).refresh(user)
  process.stdout.write(`${user}: refreshed\n`)
  return 0
}
