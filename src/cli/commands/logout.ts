import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `logout ADDRESS [--revoke]`: forgets the sign-in. @throws CmsOauthError */
export async function runLogout(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  const revoke = line.options.revoke === true
  const { was_revoked: wasRevoked } = await connectControl(line).forgetGrant(user, revoke)
  process.stdout.write(`${user}: forgotten here${outcome(revoke, wasRevoked)}\n`)
  return 0
}

function outcome(revoke: boolean, wasRevoked: boolean): string {
  if (wasRevoked) return ', and revoked at the provider'
  if (!revoke) return '; the provider was not told'
  return '; the provider offers no revocation: take the access back on its own account page'
}
