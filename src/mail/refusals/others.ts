/** What several providers say; what one says alone is in its file in provider-facts. */
import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'
import { revokedFirst } from '../../provider-facts/refusals/revoked-first.ts'

const signIn = `${revokedFirst}compare --user with who signed in; then run "cms-oauth login {user}"`

/** Rows for words that neither Microsoft nor Google use. */
export const others: readonly RefusalRow[] = [
  {
    protocols: ['IMAP'],
    words: /AUTHENTICATE Invalid credentials/i,
    endedBy: 'person',
    isOfToken: true,
    meaning: 'the server accepts this token for another account, or not at all',
    nextStep: signIn,
    appOnly: {
      endedBy: 'administrator',
      nextStep: 'an administrator must allow the application to use this mailbox',
    },
    example: 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials',
    source: 'https://github.com/postalsys/imapflow/issues/75',
  },
  {
    words:
      /temporarily (?:blocked|locked|suspended|restricted)|account (?:is |has been )?(?:blocked|locked|suspended|restricted)/i,
    endedBy: 'owner',
    meaning: 'the provider has locked the mailbox',
    nextStep: 'log in to the mailbox with a browser and follow what it asks',
    example: 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Account is temporarily locked',
    source: 'https://github.com/mscdex/node-imap/issues/782',
  },
  {
    protocols: ['SMTP'],
    words: /spamhaus|block ?list|blacklist|listed (?:at|by|in)|\[BL\d+\]|poor reputation/i,
    endedBy: 'operator',
    meaning: 'the address of this network is on a spam blocklist',
    nextStep:
      'submit from another network, or ask the owner of this network to have it removed from the list',
    example: '554 5.7.1 Service refused; client host blocked using zen.spamhaus.org',
    source: 'https://www.spamhaus.org/faqs/',
  },
]
