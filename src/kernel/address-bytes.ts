import { isIPv4 } from 'node:net'
import { plainAddress, withoutZone } from './plain-address.ts'

/** 4 bytes of an IPv4 address, also of one that is mapped into IPv6; 16 of any other. */
export function addressBytes(address: string): Buffer {
  const plain = withoutZone(plainAddress(address))
  if (isIPv4(plain)) return Buffer.from(plain.split('.').map(Number))
  const [head = '', tail] = plain.split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail ?? '')
  const middle = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return Buffer.from([...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
