import type { PasswordVerifier } from '../sasl/server/passwords.ts'
import type { BridgeRules } from './bridge-rules.ts'
import type { Entry } from './gate.ts'
import type { Remote } from './remote.ts'

/**
 * True for a caller that would be let in now too: since its login its account, password or permission may
 * be gone.
 */
export function isStillLetIn(
  rules: Pick<BridgeRules, 'findAccount' | 'mayConnect' | 'admissionOf' | 'offersPasswords'>,
  verifiers: readonly PasswordVerifier[],
  { entry: { account, by }, remote }: { entry: Entry; remote: Remote },
): boolean {
  if (rules.findAccount(account) === undefined || !rules.mayConnect(remote)) return false
  if (by === 'peer' || by === 'network') return rules.admissionOf(remote) === by
  if (!rules.offersPasswords) return false
  const password = verifiers.find(({ name }) => name === by)
  return password !== undefined && (password.accounts?.includes(account) ?? true)
}
