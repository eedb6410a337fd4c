/** The Distinguished Encoding Rules of ASN.1 (ITU-T X.690), as far as a certificate needs them. */
import { isoTime } from '../../schedule/iso-time.ts'

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  identifier: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** A value of a tag: what is in it is encoded already. */
export function der(tag: keyof typeof tags | number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const number = typeof tag === 'number' ? tag : tags[tag]
  return Buffer.concat([Buffer.from([number]), lengthOf(content), content])
}

/** TRUE: what is FALSE by default is left out. */
export const derTrue = der('boolean', Buffer.from([0xff]))

/** An integer that is not negative, from its bytes. */
export function derInteger(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start === -1 ? Buffer.alloc(1) : bytes.subarray(start)
  // The first bit is the sign.
  return (digits[0] ?? 0) < 0x80 ? der('integer', digits) : der('integer', Buffer.alloc(1), digits)
}

/** Whole bytes, or as many bits fewer as are unused in the last one. */
export function derBits(bytes: Uint8Array, unused = 0): Buffer {
  return der('bits', Buffer.from([unused]), bytes)
}

/** An object identifier, like `2.5.29.17`. */
export function derIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  const bytes = [40 * first + second, ...others].flatMap(base128)
  return der('identifier', Buffer.from(bytes))
}

/** A moment to the second: RFC 5280 section 4.1.2.5 requires the short form up to 2049. */
export function derTime(atMs: number): Buffer {
  const digits = isoTime(atMs).replaceAll(/\D/g, '').slice(0, 14)
  const isShort = digits < '2050'
  const text = `${isShort ? digits.slice(2) : digits}Z`
  return der(isShort ? 'utcTime' : 'generalizedTime', Buffer.from(text, 'ascii'))
}

function lengthOf({ length }: Uint8Array): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

/** Seven bits a byte, and all but the last one marked. */
function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}
