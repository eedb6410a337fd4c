/** NO_PROXY as curl(1) reads it, which has no other specification. */
import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * True where one of the entries is the host of a URL: `*` alone, a domain with all below it (with or
 * without a dot before it), an address, or a network (`10.0.0.0/8`, `fd00::/8`). Beyond curl, which
 * would never match them, an entry may have a port (`HOST:PORT`), brackets, or `*.` before it.
 */
export function isExcepted(list: string, { hostname, port }: URL): boolean {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '')
  if (entries.length === 1 && entries[0] === '*') return true
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return entries.some((entry) => {
    const { name, only } = partsOf(entry)
    if (only !== undefined && only !== (port || '443')) return false
    return isIP(host) === 0 ? isBelow(host, name) : isInNetwork(host, name)
  })
}

/** What an entry names, without brackets, and the port that narrows it. */
function partsOf(entry: string): { name: string; only: string | undefined } {
  const [, bracketed, behind] = /^\[(.*?)\](?::(\d+))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { name: bracketed, only: behind }
  // A bare IPv6 address has colons of its own.
  const [, name = entry, only] = /^([^:]*):(\d+)$/.exec(entry) ?? []
  return { name, only }
}

function isBelow(host: string, name: string): boolean {
  const domain = name
    .replace(/^\*?\./, '')
    .replace(/\.$/, '')
    .toLowerCase()
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}

function isInNetwork(address: string, name: string): boolean {
  const [network = '', bits] = name.split('/')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  if (isIP(network) !== isIP(address)) return false
  const longest = family === 'ipv4' ? 32 : 128
  const length = bits === undefined ? longest : Number(bits)
  if (!/^\d*$/.test(bits ?? '') || length > longest) return false
  const block = new BlockList()
  // curl takes a network of no bits for the address itself.
  block.addSubnet(network, length === 0 ? longest : length, family)
  return block.check(address, family)
}
