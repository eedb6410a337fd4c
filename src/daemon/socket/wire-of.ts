import type { SocketConfiguration } from '../../configuration/configuration.ts'
import { CredentialWire } from './credential-wire.ts'
import { MapWire } from './map-wire.ts'
import type { Wire } from './wire.ts'

/** That of a socket. */
export function wireOf({ reply, protocols, resources }: SocketConfiguration): Wire {
  const [first = 'SMTP'] = protocols
  return reply === 'socketmap' ? new MapWire(first) : new CredentialWire(reply, resources)
}
