import type { SecureContext } from 'node:tls'
import type { BridgeAccount } from '../configuration/configuration.ts'
import { accountFactsOf } from '../mail/account-facts.ts'
import { Connection } from '../mail/connection/connection.ts'
import { parseServer } from '../mail/mail-server.ts'
import { Mask } from '../logging/mask.ts'
import { sessions } from '../mail/sessions.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { BlockReader } from './block-reader.ts'

interface SessionRequest {
  protocol: Protocol
  account: BridgeAccount
  tls: SecureContext
  /** Absent: it is not for a login. */
  accessToken?: string
  limitMs: number
  signal?: AbortSignal
}

/** A session that has not begun. @throws CmsOauthError */
export async function openSession(request: SessionRequest) {
  const { protocol, account, accessToken = '', ...how } = request
  const server = parseServer(account.server, protocol)
  const connection = await Connection.open({ server, reader: BlockReader.forTls(), ...how })
  const facts = accountFactsOf(account.user, server.host, accessToken)
  return new sessions[protocol]({ connection, facts, mask: new Mask() })
}
