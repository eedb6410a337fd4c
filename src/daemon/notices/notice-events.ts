/** What `[notify] command` may be run for, and what each is about. */
export const noticeEvents = {
  sign_in_required:
    'the account must sign in again; CMS_OAUTH_URL is a page on this machine that starts it',
  action_required:
    'mail access has stopped or is about to, and a sign-in does not help; without CMS_OAUTH_USER it is about the daemon as a whole',
  recovered: 'the problem that one of these two reported is over; never without one before it',
  sign_in_expiring: 'a sign-in expires within seven days',
  client_credential_expiring: 'a client secret or certificate expires within thirty days',
  token_file_expired: 'the token in a token file has expired',
  token_file_failed: 'a token file cannot be written',
  outbox_stuck:
    'mail of an outbox waits until somebody acts, or was tried three times without an answer and may have been sent each time',
  outbox_recovered: 'mail of that outbox is sent again',
  message_given_up:
    'a message of an outbox was abandoned: it can never be sent, or was tried for too long',
} as const
export type NoticeEvent = keyof typeof noticeEvents

/** What the command finds in its environment. */
export const noticeVariables = {
  CMS_OAUTH_EVENT: 'one of the events',
  CMS_OAUTH_USER: 'the account',
  CMS_OAUTH_MESSAGE: 'what is wrong and what to do',
  CMS_OAUTH_URL: 'a page that starts the sign-in; empty unless the event is sign_in_required',
} as const
export type NoticeVariable = keyof typeof noticeVariables
