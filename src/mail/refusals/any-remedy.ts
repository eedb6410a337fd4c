/** Next steps for words that are in no table, whatever the protocol. */

/** Where the server says only that it does not accept the token. */
export const compare =
  'compare --user with the account that signed in, and the scopes of the account with the protocol; then run "cms-oauth refresh {user}"'
/** Where the server cannot read what was sent. */
export const unread =
  'a line of the credential may have been cut or encoded twice on the way: run the test from another network'
/** Where TLS has to come first. */
export const tlsPort = {
  SMTP: 'use port 465, which starts with TLS',
  IMAP: 'use port 993, which starts with TLS',
  POP: 'use port 995, which starts with TLS',
}
