/** What the Gmail API says to a message that it does not send. */
import { triedAgain } from '../../errors.ts'
import type { SendRefusalRow } from './send-refusal-row.ts'

const api = 'gmail-api'
const errors = 'https://developers.google.com/workspace/gmail/api/guides/handle-errors'
const again = `it ${triedAgain}`

/** The words of Google's newer form of errors, which some answers have too. */
interface ErrorWords {
  status?: string
  detail?: string
}

/** A refusal in the form that the API gives it. */
function said(code: number, reason: string, message: string, more: ErrorWords = {}) {
  const { status, detail } = more
  const details =
    detail === undefined
      ? {}
      : {
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              reason: detail,
              domain: 'googleapis.com',
            },
          ],
        }
  const errors = [{ message, domain: 'global', reason }]
  const error = { code, message, errors, ...(status === undefined ? {} : { status }), ...details }
  return { status: code, body: JSON.stringify({ error }) }
}

/** From Google's guide to errors, and from what people quote of its answers. */
export const gmailApiRefusals: readonly SendRefusalRow[] = [
  {
    api,
    words: /insufficientPermissions|ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficient_scope/i,
    verdict: 'person',
    meaning: 'the sign-in does not allow sending',
    nextStep: 'run "cms-oauth login {user}" again, and tick the box for sending mail',
    appOnly: {
      endedBy: 'administrator',
      nextStep:
        'an administrator enters the client ID of the service account with the scope https://www.googleapis.com/auth/gmail.send under "Domain-wide delegation" of the Admin console; it can take a day to take effect',
    },
    example: said(
      403,
      'insufficientPermissions',
      'Request had insufficient authentication scopes.',
      { status: 'PERMISSION_DENIED', detail: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' },
    ),
    source: 'https://github.com/googleworkspace/cli/issues/282',
  },
  {
    api,
    words: /accessNotConfigured|SERVICE_DISABLED/,
    verdict: 'operator',
    meaning: 'the Gmail API is off in the Google Cloud project of client_id',
    nextStep:
      'open {url} as the owner of that project, press "Enable", and wait some minutes: it is tried again automatically',
    example: said(
      403,
      'accessNotConfigured',
      'Gmail API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=1 then retry.',
      { status: 'PERMISSION_DENIED', detail: 'SERVICE_DISABLED' },
    ),
    source: 'https://github.com/googleworkspace/cli/issues/519',
  },
  {
    api,
    words: /domainPolicy/,
    verdict: 'administrator',
    meaning: 'the Workspace does not let applications use Gmail',
    nextStep:
      'an administrator of the Workspace must allow this client_id under "API controls" of the Admin console',
    example: said(403, 'domainPolicy', 'The domain administrators have disabled Gmail apps.'),
    source: errors,
  },
  {
    api,
    words: /Mail service not enabled/i,
    verdict: 'administrator',
    meaning: 'the account has no Gmail',
    nextStep:
      'an administrator of the Workspace must switch Gmail on for "{user}"; a personal account without Gmail cannot send this way',
    example: said(400, 'failedPrecondition', 'Mail service not enabled', {
      status: 'FAILED_PRECONDITION',
    }),
    source: errors,
  },
  {
    api,
    words: /RateLimitExceeded|dailyLimitExceeded|quotaExceeded|RESOURCE_EXHAUSTED/i,
    verdict: 'waits',
    meaning: 'Google lets this account or project send no more for now',
    nextStep: again,
    example: said(
      403,
      'userRateLimitExceeded',
      'User-rate limit exceeded.  Retry after 2026-03-07T18:18:23.688Z (Mail sending)',
    ),
    source: 'https://developers.google.com/workspace/gmail/api/reference/quota',
  },
  {
    api,
    status: [400, 400],
    words: /Recipient address required|Invalid (?:To|Cc|Bcc) header/i,
    verdict: 'recipients',
    meaning: 'Gmail does not accept a recipient',
    nextStep: 'correct the address, and send the message again',
    example: said(400, 'invalidArgument', 'Invalid To header', { status: 'INVALID_ARGUMENT' }),
    source: 'https://github.com/googleapis/google-api-ruby-client/issues/173',
  },
  {
    api,
    status: [400, 400],
    words: /Invalid from header/i,
    verdict: 'operator',
    isOfMessage: true,
    meaning: 'Gmail does not accept the address in From',
    nextStep: 'use from = "rewrite" in the outbox, or correct from_allowed',
    example: said(400, 'invalidArgument', 'Invalid From header', { status: 'INVALID_ARGUMENT' }),
    source: errors,
  },
]
