import { BlockList, isIP } from 'node:net'
import { plainAddress, withoutZone } from '../kernel/plain-address.ts'

/** What no router of the internet passes on: RFC 1918, RFC 3927, RFC 4193 and RFC 4291 section 2.5.6. */
const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]

interface Network {
  address: string
  bits: number
  family: 'ipv4' | 'ipv6'
}

/** Whether an address is in one of these networks, which are as `parseNetwork` writes them. */
export function createNetworkTest(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const { address, bits, family } of networks.map(partsOf)) {
    list.addSubnet(address, bits, family)
  }
  return (address) => {
    const plain = withoutZone(plainAddress(address))
    return isIP(plain) !== 0 && list.check(plain, familyOf(plain))
  }
}

/** Reads `ADDRESS/BITS`, or an address alone, of a private range; else what is wrong with it. */
export function parseNetwork(text: string): { network: string } | { problem: string } {
  const [, address = '', digits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? []
  if (isIP(address) === 0) {
    return { problem: 'must be networks, like "192.168.7.0/24", or addresses' }
  }
  const plain = plainAddress(address)
  const most = familyOf(plain) === 'ipv4' ? 32 : 128
  const bits = Number(digits ?? most)
  if (bits > most) return { problem: `has "${text}", and such a network has /${most} at most` }
  if (!isPrivate({ address: plain, bits, family: familyOf(plain) })) {
    return {
      problem: `has "${text}", which is not within a private network: ${privateRanges.join(', ')}`,
    }
  }
  return { network: `${plain}/${bits}` }
}

function isPrivate({ address, bits }: Network): boolean {
  return privateRanges.some((range) => {
    return bits >= partsOf(range).bits && createNetworkTest([range])(address)
  })
}

function partsOf(network: string): Network {
  const [address = '', bits] = network.split('/')
  return { address, bits: Number(bits), family: familyOf(address) }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
