import type { OutputFormat } from '../sasl/output-format.ts'

/** What a credential looks like in each format. */
export const formatMeanings: Record<OutputFormat, string> = {
  xoauth2: 'user=U^Aauth=Bearer T^A^A, where ^A is the character 1',
  'xoauth2-b64': 'the same in base64: what a login sends',
  oauthbearer: 'n,a=U,^Aauth=Bearer T^A^A (RFC 7628)',
  'oauthbearer-b64': 'the same in base64',
  token: 'the bare access token: what passwordeval, PassCmd and their like want',
  json: 'an object with account, user, protocol, access_token, token_type and expires_at',
}
