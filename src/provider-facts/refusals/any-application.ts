/** What resolves it where a server does not accept the token of an application, which nobody signs in to. */
export const appOnly = {
  endedBy: 'administrator',
  nextStep:
    'an administrator must allow the application to use this mailbox and protocol; then run "cms-oauth refresh {user}"',
} as const
