import { hostname, networkInterfaces } from 'node:os'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { isWildcard } from '../../configuration/listen-address.ts'
import { plainAddress, withoutZone } from '../../kernel/plain-address.ts'
import type { CertificateNames } from './shared-certificate.ts'

/**
 * The names for the certificate of these bridges. The addresses that they listen on are needed. The names
 * and addresses that the machine has at the moment are only wanted: they change without anybody's doing,
 * and must not bring about a new certificate.
 */
export function certificateNames(bridges: readonly BridgeConfiguration[]): CertificateNames {
  const listened = bridges.flatMap(({ listen }) =>
    listen.flatMap((address) => ('host' in address ? [address.host] : [])),
  )
  const name = hostname()
  const names = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(name) ? [name] : []
  const addresses = listened.some(isWildcard) ? ownAddresses() : []
  return {
    needed: listened.filter((host) => !isWildcard(host)).map(withoutZone),
    wanted: [...names, ...addresses],
  }
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.map(({ address }) => withoutZone(plainAddress(address)))
}
