import assert from 'node:assert/strict'
import type { Account } from '../../../src/accounts/account.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import type { IssuedToken } from '../../../src/renewer/providers/issued-token.ts'
import type { ReceivedForm, ScriptedServer } from '../../support/scripted-server.ts'

const good = { access_token: 'the-app-token', token_type: 'Bearer', expires_in: 3_600 }

/** Asks for a token by the account's own credentials. */
export async function fetchToken(
  account: Account,
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<IssuedToken> {
  return (await new Providers().find(account.provider)).fetchAppToken(account, signal)
}

/** Has the server answer well, and gives the one request that it was sent for the token. */
export async function sentBy(server: ScriptedServer, account: Account): Promise<ReceivedForm> {
  server.received.length = 0
  server.answer({ status: 200, body: good })
  const { accessToken, expiresAt, scopes } = await fetchToken(account)
  assert.equal(accessToken.reveal(), 'the-app-token')
  assert.ok(Math.abs(expiresAt - Date.now() - 3_600_000) < 30_000)
  assert.deepEqual(scopes, account.scopes)
  const [received, ...others] = server.received
  assert.deepEqual(others, [])
  assert.match(received?.query ?? '', /^(client-request-id=[\w-]+)?$/, 'no secret in the URL')
  return received ?? assert.fail('nothing was sent')
}

/** The claims of an assertion are of now, and good for no longer than this. */
export function requireShortLived({ iat, exp }: Record<string, unknown>, lifetimeS: number): void {
  const now = Date.now() / 1_000
  assert.ok(Number(iat) <= now + 1 && Number(iat) > now - 120, `iat ${String(iat)}`)
  assert.ok(Number(exp) > now && Number(exp) <= now + lifetimeS + 5, `exp ${String(exp)}`)
}
