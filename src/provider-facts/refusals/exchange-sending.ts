/** What Exchange Online and the personal accounts of Microsoft say to a message after a login that was good. */
import { appOnly } from './exchange-application.ts'
import type { RefusalRow } from './refusal-row.ts'

const provider = 'microsoft'
const protocols = ['SMTP'] as const

/** Rows of what its servers were seen to say. */
export const exchangeSending: readonly RefusalRow[] = [
  {
    provider,
    protocols,
    words: /mailbox logon failure|MapiExceptionLogonFailed/i,
    endedBy: 'administrator',
    meaning: 'the login is good, and the mailbox cannot be opened with it',
    nextStep:
      'an administrator must check that the mailbox is there and has a licence, and that {user} has full access to it',
    appOnly,
    example:
      '430 4.2.0 STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception:ConnectionFailedTransientException.MapiExceptionLogonFailed',
    source: 'https://github.com/simonrob/email-oauth2-proxy/issues/271',
  },
  {
    provider,
    protocols,
    words: /OutboundSpamException|WASCL UserAction verdict/i,
    endedBy: 'owner',
    meaning:
      'Microsoft takes what the account sends for spam, or requires the account to be confirmed',
    nextStep:
      'log in to the mailbox at https://outlook.com with a browser and follow what it asks; in an organization an administrator releases it under "Restricted entities"',
    example:
      '554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception with message WASCL UserAction verdict is not None.',
    source:
      'https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online',
  },
  {
    provider,
    protocols,
    words: /unregistered domains|\b5\.7\.750\b/i,
    endedBy: 'administrator',
    meaning: 'the organization sends from domains that it has not registered, and is blocked',
    nextStep:
      'an administrator must register the domain of From as an accepted domain, then ask the support of Microsoft to lift the block',
    example:
      '550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains.',
    source:
      'https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online',
  },
]
