import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { parseNetwork } from '../../configuration/networks.ts'
import { UsageError } from '../../errors.ts'
import type { Device } from './answers.ts'
import type { Interview } from './interview.ts'

/** How devices call their ways to encrypt, and what a bridge calls them. */
const tlsModes = { starttls: 'required', ssl: 'implicit', none: 'off' } as const

/**
 * Where a device finds this machine, who may connect there, and how. @throws UsageError where no device can
 * reach this machine
 */
export async function askDevice(interview: Interview): Promise<Device> {
  const own = ownAddresses()
  if (own.size === 0) {
    throw new UsageError('this machine has no address in a private network: nothing was written', {
      hint: 'connect it to the network of the device, then run "cms-oauth init" again',
    })
  }
  const [first] = own.keys()
  const host = await interview.ask({
    text: 'Address of this machine in the network of the device',
    ...(first === undefined ? {} : { fallback: first }),
    read: (answer) =>
      own.has(answer)
        ? { value: answer }
        : { problem: `it is one of ${[...own.keys()].join(', ')}` },
  })
  const network = await interview.ask({
    text: 'Address of the device, or its network',
    fallback: own.get(host) ?? host,
    read: (answer) => {
      const parsed = parseNetwork(answer)
      return 'network' in parsed ? { value: parsed.network } : { problem: `it ${parsed.problem}` }
    },
  })
  const words = Object.keys(tlsModes) as (keyof typeof tlsModes)[]
  const encryption = await interview.choose('How does the device encrypt', words, 'starttls')
  return { host, network, tls: tlsModes[encryption] }
}

/** The addresses of this machine in private networks of IPv4, each with its network. */
function ownAddresses(): Map<string, string> {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const found = all.filter(({ internal, address, cidr }) => {
    return !internal && isIP(address) === 4 && cidr !== null && 'network' in parseNetwork(address)
  })
  return new Map(found.map(({ address, netmask }) => [address, networkOf(address, netmask)]))
}

/** `192.168.7.0/24` of 192.168.7.2 and 255.255.255.0. */
export function networkOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number)
  const base = address.split('.').map((part, index) => Number(part) & (mask[index] ?? 0))
  const bits = mask.map((part) => part.toString(2).replaceAll('0', '').length)
  return `${base.join('.')}/${bits.reduce((sum, each) => sum + each, 0)}`
}
