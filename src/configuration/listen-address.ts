import { isIP } from 'node:net'
import { plainAddress } from '../kernel/plain-address.ts'

/** Where a bridge listens: a port of an address, or a UNIX socket. */
export type ListenAddress = { host: string; port: number } | { path: string }

/** Reads `ADDRESS:PORT` or `[ADDRESS]:PORT`; undefined for anything else. */
export function parseTcpAddress(text: string): { host: string; port: number } | undefined {
  const pattern = /^(?:\[([0-9a-f:.]+(?:%[\w.-]{1,15})?)\]|([\d.]+)):(\d{1,5})$/i
  const [, six, four, digits] = pattern.exec(text) ?? []
  const host = six ?? four ?? ''
  const port = Number(digits)
  const isFitting = isIP(host) === (six === undefined ? 4 : 6) && port >= 1 && port <= 65_535
  return isFitting ? { host: plainAddress(host), port } : undefined
}

/** The address as it is written in the configuration. */
export function writeListenAddress(address: ListenAddress): string {
  if ('path' in address) return address.path
  const { host, port } = address
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1'
}

/** True for a listener that other machines reach. */
export function isBeyondLoopback(address: ListenAddress): boolean {
  return !('path' in address) && !isLoopback(address.host)
}

/** True for what means every address of this machine: of IPv6 it means those of IPv4 too. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** True where only one of the two can be listened on. */
export function areInConflict(one: ListenAddress, other: ListenAddress): boolean {
  if ('path' in one || 'path' in other) {
    return 'path' in one && 'path' in other && one.path === other.path
  }
  if (one.port !== other.port) return false
  const hosts = [one.host, other.host]
  if (one.host === other.host || hosts.includes('::')) return true
  return hosts.includes('0.0.0.0') && hosts.every((host) => isIP(host) === 4)
}
