import type { ErrorCode } from '../errors.ts'

/** The HTTP status of an answer that is an error. */
export const httpStatus: Record<ErrorCode, number> = {
  usage: 400,
  request_invalid: 400,
  not_permitted: 403,
  protocol_not_enabled: 403,
  account_unknown: 404,
  sign_in_required: 409,
  sign_in_failed: 409,
  config_invalid: 422,
  insecure_file_mode: 422,
  mail_login_refused: 502,
  provider_rejected: 502,
  provider_protocol: 502,
  provider_unavailable: 503,
  store_locked: 503,
  store_unreadable: 500,
  daemon_unreachable: 503,
  address_invalid: 422,
  recipient_unknown: 422,
  message_too_large: 413,
  input_unreadable: 400,
  outbox_full: 507,
}
