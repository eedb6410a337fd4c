import type { ForgetAnswer } from '../../control/api.ts'
import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `logout ADDRESS [--revoke]`: forgets the sign-in. @throws CmsOauthError */
export async function runLogout(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  const revoke = line.options.revoke === true
  const answer = await connectControl(line).forgetGrant(user, revoke)
  process.stdout.write(`${user}: forgotten here${outcome(revoke, answer)}\n`)
  return 0
}

function outcome(revoke: boolean, answer: ForgetAnswer): string {
  if (answer.was_revoked) return ', and revoked at the provider'
  if (!revoke) return '; the provider was not told'
  const { revocation_page: page } = answer
  return `; the provider offers no revocation: ${page === undefined ? 'take the access back on its own account page' : byHand(page)}`
}

/** Microsoft's pages; the first is for organizations, where the app has a menu of its own. */
function byHand(page: string): string {
  const { pathname } = new URL(page)
  const clicks =
    pathname === '/'
      ? 'the "..." of the app, "Manage your application", "Revoke Permissions"; or ask your administrator to remove it from "Enterprise applications"'
      : 'the app, "Remove these permissions"'
  return `take the access back at\n\n${page}\n\n${clicks}`
}
