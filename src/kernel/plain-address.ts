import { isIP, SocketAddress } from 'node:net'

/**
 * An IP address in the one way that it is written here: an IPv4 address that is mapped into IPv6 is
 * one of IPv4. A zone (`%eth0`) stays.
 */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address
  const [plain = '', zone] = address.split('%', 2)
  const written = new SocketAddress({ address: plain, family: 'ipv6' }).address
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(written) ?? []
  return mapped ?? (zone === undefined ? written : `${written}%${zone}`)
}

/** The address alone, of whatever link it is. */
export function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}
