/** What Microsoft Graph says to a message that it does not send. */
import { triedAgain } from '../../errors.ts'
import type { Remedy } from '../refusals/refusal-row.ts'
import type { SendRefusalRow } from './send-refusal-row.ts'

const api = 'graph'
const again = `it ${triedAgain}`
const codes =
  'https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode'
const sendMail = 'https://learn.microsoft.com/graph/api/user-sendmail'
const throttling = 'https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits'

/** A refusal in the form that Graph gives it. */
function said(status: number, code: string, message: string) {
  const innerError = { date: '2026-01-01T00:00:00', 'request-id': '0', 'client-request-id': '0' }
  return { status, body: JSON.stringify({ error: { code, message, innerError } }) }
}

/** An application may send for the mailboxes that Exchange's roles give it, or for all. */
const appOnly: Remedy = {
  endedBy: 'administrator',
  nextStep:
    'an administrator lets the application send for this mailbox alone: New-ServicePrincipal -AppId CLIENT_ID -ObjectId ID, New-ManagementScope -Name outbox -RecipientRestrictionFilter "PrimarySmtpAddress -eq \'{user}\'", then New-ManagementRoleAssignment -App CLIENT_ID -Role "Application Mail.Send" -CustomResourceScope outbox; without the permission Mail.Send in Entra, which would allow every mailbox; it can take two hours to take effect',
}

/** From Microsoft's pages, and from what people quote of its answers. */
export const graphRefusals: readonly SendRefusalRow[] = [
  {
    api,
    words: /ErrorSendAsDenied/,
    verdict: 'operator',
    isOfMessage: true,
    meaning: 'the account may not send under the address in From',
    nextStep:
      'use from = "rewrite" in the outbox, or have an administrator grant it: Add-RecipientPermission FROM -Trustee {user} -AccessRights SendAs',
    example: said(
      403,
      'ErrorSendAsDenied',
      'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.',
    ),
    source: 'https://github.com/microsoftgraph/msgraph-sdk-php/issues/1499',
  },
  {
    api,
    words: /MailboxNotEnabledForRESTAPI|ErrorNonExistentMailbox|ErrorInvalidUser/,
    verdict: 'administrator',
    meaning: 'Exchange Online has no mailbox of this address',
    nextStep:
      'compare user with the address of the mailbox; an administrator can see whether it has a licence for Exchange Online',
    example: said(
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    ),
    source: 'https://github.com/OfficeDev/outlook-dev-docs/issues/1031',
  },
  {
    api,
    words: /delegated authentication flow/i,
    verdict: 'operator',
    meaning: 'the token is that of an application, which has no mailbox of its own',
    nextStep: 'set grant = "client_credentials" for an application, or sign in as a person',
    example: said(
      400,
      'BadRequest',
      '/me request is only valid with delegated authentication flow.',
    ),
    source: 'https://github.com/microsoftgraph/microsoft-graph-docs/issues/10880',
  },
  {
    api,
    words: /ErrorExceededMessageLimit|ErrorMessageSubmissionBlocked|ErrorQuotaExceeded/,
    verdict: 'waits',
    meaning: 'the mailbox may send no more today',
    nextStep: again,
    example: said(
      403,
      'ErrorExceededMessageLimit',
      "The message can't be sent because the message limit of the mailbox has been exceeded.",
    ),
    source:
      'https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits#sending-limits',
  },
  {
    api,
    words: /ErrorAccountSuspend|verify your account|WASCL UserAction/i,
    verdict: 'owner',
    meaning: 'Microsoft blocked sending until the owner of the mailbox confirms it',
    nextStep:
      'log in to the mailbox at https://outlook.com with a browser and follow what it asks: it is tried again automatically',
    example: said(
      500,
      'ErrorInternalServerError',
      'An internal server error occurred. The operation failed., WASCL UserAction verdict is not None. Actual verdict is RefuseQuota, ShowTierUpgrade.',
    ),
    source: 'https://github.com/OfficeDev/ews-java-api/issues/519',
  },
  {
    api,
    words:
      /ErrorAccessDenied|Authorization_RequestDenied|Authorization_IdentityNotFound|AccessDenied/,
    verdict: 'person',
    meaning: 'the sign-in does not allow sending by Graph',
    nextStep:
      'add Mail.Send of Microsoft Graph (delegated) to the API permissions of the app registration and run "cms-oauth login {user}" again; in an organization an administrator may have to consent first',
    appOnly,
    example: said(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
    source: 'https://github.com/microsoftgraph/msgraph-sdk-php/issues/1204',
  },
  {
    api,
    words: /MailboxConcurrency|ApplicationThrottled|TooManyRequests|ErrorTooManyObjectsOpened/i,
    verdict: 'waits',
    meaning: 'Microsoft asks to send more slowly',
    nextStep: again,
    example: said(429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.'),
    source: throttling,
  },
  {
    api,
    words:
      /ErrorServerBusy|ErrorMailboxStoreUnavailable|ErrorMailboxMoveInProgress|ErrorTimeout|ErrorInternalServer/,
    verdict: 'waits',
    meaning: 'the mailbox is not available for now',
    nextStep: again,
    example: said(
      503,
      'ErrorMailboxStoreUnavailable',
      'The mailbox database is temporarily unavailable.',
    ),
    source: codes,
  },
  {
    api,
    words: /ErrorInvalidRecipients/,
    verdict: 'recipients',
    meaning: 'Microsoft does not accept a recipient',
    nextStep: 'correct the address, and send the message again',
    example: said(
      400,
      'ErrorInvalidRecipients',
      "At least one recipient is not valid., Recipient 'root' is not resolved. All recipients must be resolved before a message can be submitted.",
    ),
    source: 'https://github.com/Azure/Microsoft365R/issues/110',
  },
  {
    api,
    words: /ErrorMimeContent/,
    verdict: 'never',
    meaning: 'Graph cannot read the message',
    nextStep: 'check the message in failed/ of the spool',
    example: said(
      400,
      'ErrorMimeContentInvalidBase64String',
      'Invalid base64 string for MIME content.',
    ),
    source: sendMail,
  },
  {
    api,
    words: /ErrorMessageSizeExceeded|RequestEntityTooLarge/,
    verdict: 'never',
    meaning: 'the message is larger than Graph accepts',
    nextStep: 'lower max_size of the outbox, so that the rest is left out next time',
    example: said(
      413,
      'ErrorMessageSizeExceeded',
      'The message exceeds the maximum supported size.',
    ),
    source: 'https://github.com/InnoGE/laravel-msgraph-mail/issues/41',
  },
  {
    api,
    status: [200, 299],
    verdict: 'waits',
    meaning: 'Graph did not say that it accepted the message: it does so with 202 alone',
    nextStep: `${again}; if it keeps happening, a proxy may have answered, or the message is too large: lower max_size`,
    example: { status: 200, body: '' },
    source: 'https://github.com/microsoftgraph/microsoft-graph-docs/issues/13979',
  },
]
