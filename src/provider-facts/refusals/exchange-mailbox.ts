/** What Exchange Online and the personal accounts of Microsoft say in IMAP and POP. */
import { appOnly as anyAppOnly } from './any-application.ts'
import { appOnly, oauthGuide } from './exchange-application.ts'
import type { RefusalRow } from './refusal-row.ts'
import { revokedFirst } from './revoked-first.ts'

const provider = 'microsoft'

/** Rows of what its servers were seen to say. */
export const exchangeMailbox: readonly RefusalRow[] = [
  {
    provider,
    words: /authenticated but not connected/i,
    endedBy: 'operator',
    meaning: 'the token is valid, but not for this mailbox',
    nextStep:
      'compare user and sasl_user with who signed in, and the permissions of the mailbox; an administrator can see whether IMAP and POP are on for it (Get-CASMailbox)',
    appOnly,
    example: 'BAD User is authenticated but not connected.',
    source: 'https://github.com/simonrob/email-oauth2-proxy/issues/275',
  },
  {
    provider,
    protocols: ['IMAP', 'POP'],
    words: /LOGIN failed\. Account is blocked/i,
    endedBy: 'owner',
    meaning: 'Microsoft blocked the account until its owner confirms it',
    nextStep: 'log in to the mailbox at https://outlook.com with a browser and follow what it asks',
    example:
      'NO LOGIN failed. Account is blocked. Login to your account via a web browser to verify.',
    source: 'https://support.microsoft.com/account-billing/account-has-been-locked',
  },
  {
    provider,
    protocols: ['IMAP', 'POP'],
    words: /AccessTokenExpired/,
    endedBy: 'waits',
    meaning: 'the token expired while the connection was open, which Exchange then closes',
    nextStep: 'log in again, which takes a new token, in {minutes}',
    minutes: 1,
    example: 'BYE Session invalidated - AccessTokenExpired',
    source: 'https://github.com/imapsync/imapsync/issues/250',
  },
  {
    provider,
    protocols: ['POP'],
    words: /^-ERR Protocol error/i,
    endedBy: 'operator',
    meaning: 'the server cannot read the credential',
    nextStep:
      'send it in a line of its own after AUTH XOAUTH2: Exchange does not take both in one line',
    example: '-ERR Protocol error. Connection is closed. 10',
    source: 'https://github.com/getmail6/getmail6/issues/256',
  },
  {
    provider,
    protocols: ['IMAP'],
    words: /^BAD Command (?:Argument )?Error/i,
    endedBy: 'operator',
    meaning: 'the server cannot read the credential',
    nextStep: 'check that nothing between here and the server cuts or encodes the line',
    example: 'BAD Command Argument Error. 12',
    source: 'https://github.com/simonrob/email-oauth2-proxy/issues',
  },
  {
    provider,
    protocols: ['IMAP'],
    words: /^NO (?:\[AUTHENTICATIONFAILED\] )?AUTHENTICATE failed/i,
    endedBy: 'operator',
    isOfToken: true,
    meaning: 'the server does not accept the token',
    nextStep: `${revokedFirst}compare --user with who signed in, and the scopes with the protocol (IMAP.AccessAsUser.All of outlook.office.com, not of Graph)`,
    appOnly,
    example: 'NO AUTHENTICATE failed.',
    source: oauthGuide,
  },
  {
    provider,
    protocols: ['POP'],
    words: /^-ERR Authentication failure/i,
    endedBy: 'operator',
    isOfToken: true,
    meaning: 'the server does not accept the token',
    nextStep: `${revokedFirst}compare --user with who signed in, and the scopes with the protocol (POP.AccessAsUser.All of outlook.office.com, not of Graph)`,
    appOnly,
    example: '-ERR Authentication failure: unknown user name or bad password.',
    source: oauthGuide,
  },
  {
    provider,
    words:
      /protocol (?:is )?disabled|(?:POP|IMAP)\d? (?:access )?is disabled for (?:this|the) (?:user|mailbox)/i,
    endedBy: 'administrator',
    meaning: 'the protocol is off for the mailbox',
    nextStep:
      'an administrator switches it on: Set-CASMailbox -Identity {user} -ImapEnabled $true -PopEnabled $true',
    example: '-ERR Protocol disabled',
    source:
      'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/pop3-and-imap4/enable-or-disable-pop3-or-imap4-access',
  },
  {
    provider: 'microsoft',
    protocols: ['POP'],
    words: /^-ERR Logon failure/i,
    endedBy: 'operator',
    isOfToken: true,
    meaning: 'the server does not accept the token',
    nextStep: `${revokedFirst}compare --user with who signed in, and the scopes with the protocol (POP.AccessAsUser.All of outlook.office.com, not of Graph)`,
    appOnly: anyAppOnly,
    example: '-ERR Logon failure: unknown user name or bad password.',
    source:
      'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
  },
]
