import { isIP } from 'node:net'

/** Where a bridge listens: a port of an address, or a UNIX socket. */
export type ListenAddress = { host: string; port: number } | { path: string }

/** Reads `ADDRESS:PORT` or `[ADDRESS]:PORT`; undefined for anything else. */
export function parseTcpAddress(text: string): { host: string; port: number } | undefined {
  const [, six, four, digits] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = six ?? four ?? ''
  const port = Number(digits)
  const isFitting = isIP(host) === (six === undefined ? 4 : 6) && port >= 1 && port <= 65_535
  return isFitting ? { host, port } : undefined
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
