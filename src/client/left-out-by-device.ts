import type { AccountStatus } from '../messages/control-api.ts'

/**
 * What a sign-in by a device code may not allow, as a warning: Microsoft's is for one resource, so that
 * the tokens of other ones, as an outbox by Graph has, come only if somebody has consented to them before.
 */
export function leftOutByDevice(
  user: string,
  accounts: readonly AccountStatus[],
): { message: string; hint: string } | undefined {
  const others = accounts
    .filter(({ provider, resource }) => provider === 'office365' && resource != null)
    .filter((account) => account.sign_in_with === user)
    .map((account) => account.user)
  if (others.length === 0) return undefined
  return {
    message: `a device code asks for mail alone, and may give no token to ${others.join(', ')}`,
    hint: `where "cms-oauth status" says so, run "cms-oauth login ${user} --paste" too, which asks for all`,
  }
}
