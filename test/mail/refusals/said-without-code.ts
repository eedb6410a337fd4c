import type { Seen } from './said-in-threads.ts'

/**
 * "Not now" in words alone, without a response code: by its words only it differs from a token that is
 * not accepted. Read in a source or a specification: the maildrop's lock (RFC 1939 section 7), Exchange's
 * "Connection is closed", qpopper's "lock busy", "mailbox already in use by pid". The others are remembered or
 * of the same form, and not known to be word for word what a server says.
 */
export const withoutCode: Seen[] = [
  ['POP login', '-ERR unable to lock maildrop', 'waits'],
  ['POP login', '-ERR maildrop already locked', 'waits'],
  ['POP login', '-ERR mailbox is locked', 'waits'],
  ['POP login', '-ERR Mailbox locked by another session', 'waits'],
  ['POP login', '-ERR mailbox already in use by pid 12345', 'waits'],
  ['POP login', '-ERR Mailbox is busy', 'waits'],
  ['POP login', '-ERR could not lock mailbox', 'waits'],
  ['POP login', "-ERR can't lock /var/mail/user", 'waits'],
  ['POP login', '-ERR .user.pop lock busy!  Is another session active? (11)', 'waits'],
  ['POP login', '-ERR Connection is closed. 10', 'waits'],
  ['POP login', '-ERR Disconnected: Auth process broken', 'waits'],
  ['POP login', '-ERR Disconnected: Inactivity during authentication.', 'waits'],
  ['IMAP login', 'NO Disconnected', 'waits'],
  [
    'POP login',
    '-ERR Exceeded the login limit for a 15 minute period. Reduce the frequency of requests to the POP3 server.',
    'waits',
  ],
  ['POP login', '-ERR login too often, wait 5 minutes', 'waits'],
  ['POP login', '-ERR minimum time between mail checks violation', 'waits'],
  ['POP login', '-ERR Maximum POP3 logins exceeded', 'waits'],
  ['POP login', '-ERR (#AUTH008) Temporary system issue', 'waits'],
  ['POP login', '-ERR authentication service is down', 'waits'],
  ['POP login', '-ERR mail server offline', 'waits'],
  ['POP login', '-ERR try later', 'waits'],
  ['POP login', '-ERR Please retry later', 'waits'],
  ['IMAP login', 'NO Server(s) unavailable to complete operation', 'waits'],
  ['IMAP login', 'NO backend unavailable', 'waits'],
  ['IMAP login', 'NO Mailbox database is offline', 'waits'],
  ['IMAP login', 'NO System I/O error', 'waits'],
  ['IMAP login', 'NO authentication backend timed out', 'waits'],
  ['IMAP login', 'NO Timeout waiting for the authentication server', 'waits'],
  // Words of the same kind that only a person ends.
  ['POP login', '-ERR Your account is locked', 'owner'],
  ['POP login', '-ERR invalid password', 'person'],
  ['IMAP login', 'NO Login incorrect', 'person'],
]
