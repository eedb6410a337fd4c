import type { ForgetAnswer } from '../../messages/control-api.ts'
import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `logout ADDRESS [--revoke]`: forgets the sign-in. @throws CmsOauthError */
export async function runLogout(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  const revoke = line.options.revoke === true
  const control = await connectControl(line)
  const { accounts } = await control.accounts()
  const answer = await control.forgetGrant(user, revoke)
  const isSignedOut = accounts.some((each) => each.user === user && each.state === 'signed_out')
  const where = answer.is_shared === true ? 'on all hosts of the store' : 'here'
  const outcomeText = isSignedOut
    ? 'was not signed in'
    : `forgotten ${where}${outcome(revoke, answer)}`
  process.stdout.write(`${user}: ${outcomeText}\n`)
  return 0
}

function outcome(revoke: boolean, answer: ForgetAnswer): string {
  if (revoke && answer.is_revocable === false) {
    return '; without its [[account]] the provider could not be told: take the access back on its own account page'
  }
  if (answer.was_revoked) return ', and revoked at the provider'
  if (!revoke) return '; the provider was not told'
  const { revocation_page: page } = answer
  const where =
    page === undefined ? 'on its own account page' : `at\n\n${page}\n\n${clicksAt(page)}`
  return `; the provider does not offer revocation: take the access back ${where}`
}

/**
 * Microsoft has one page for organizations, where each app has a menu, and another for personal
 * accounts.
 */
function clicksAt(page: string): string {
  return new URL(page).pathname === '/'
    ? 'Under the "..." of the app: "Manage your application", "Revoke Permissions". An administrator\ncan remove it under "Enterprise applications" too.'
    : 'Choose the app, then "Remove these permissions".'
}
