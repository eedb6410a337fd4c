/** Where a mail server says something else than it should, and what; null: it hangs up. */
export interface ServerTrouble {
  at: 'connection' | 'login' | 'sender' | 'data'
  says: string | null
}

/**
 * What mail servers say to a login that is right, or that they take for wrong, and how such a
 * sentence reaches the sender. Each of them ends when somebody signs in, changes a setting at the
 * provider, or waits: none is about the message.
 */
export const serverTroubles = {
  'refuses the token': { at: 'login', says: '535 5.7.3 Authentication unsuccessful' },
  'has SMTP AUTH switched off': {
    at: 'login',
    says: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant',
  },
  'does not accept passwords': {
    at: 'login',
    says: '550 5.7.30 Basic authentication is not supported for Client Submission',
  },
  'takes nobody who is not logged in': {
    at: 'login',
    says: '530 5.7.57 Client not authenticated to send mail',
  },
  'cannot check logins now': { at: 'login', says: '454 4.7.0 Temporary authentication failure' },
  'closes at the login': { at: 'login', says: '421 4.7.0 Too many login attempts' },
  'hangs up at the login': { at: 'login', says: null },
  'is too busy': { at: 'connection', says: '421 4.3.2 Service not available' },
} as const satisfies Record<string, ServerTrouble>
