import type { Credential, Protocol } from '../sasl/output-format.ts'
import { fetchCredential } from '../socket-client/fetch.ts'

/** The credential of an account from a token socket. @throws CmsOauthError */
export async function readCredential(
  user: string,
  protocol: Protocol,
  path: string,
): Promise<Credential> {
  const json = await fetchCredential({ path, user, protocol, format: 'json' })
  const answer = JSON.parse(json) as { user: string; access_token: string }
  return { account: user, user: answer.user, protocol, accessToken: answer.access_token }
}
