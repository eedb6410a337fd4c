import type { Advice } from '../messages/advice.ts'
import type { AccountStatus } from '../messages/control-api.ts'

/** The advice for an account; an older daemon sends it in other fields. */
export function adviceOf(account: AccountStatus): Advice[] {
  const { advice, action, error, state } = account
  if (advice !== undefined) return advice
  if (action === '' && error === null) return []
  const actor = error?.actor ?? 'you'
  const isUrgent = ['signed_out', 'sign_in_required', 'misconfigured'].includes(state)
  const isSignIn = state === 'signed_out' || state === 'sign_in_required'
  const shortly = { you: isSignIn ? 'sign in' : 'see below', nobody: 'wait' } as const
  return [
    {
      about: 'access',
      in_short: actor === 'administrator' ? 'ask an administrator' : shortly[actor],
      actor,
      is_urgent: isUrgent,
      message: error?.error_description ?? state.replaceAll('_', ' '),
      next_step: action || (error?.hint ?? ''),
    },
  ]
}
