/** Netstrings (https://cr.yp.to/proto/netstrings.txt): `5:hello,`. */

const colon = 0x3a
const comma = 0x2c

/** The first one, and what follows; `unfinished` where more must come. */
type ReadNetstring = { content: Buffer; rest: Buffer } | 'unfinished' | 'malformed'

/** Reads one whose content has at most so many bytes. */
export function readNetstring(bytes: Buffer, mostBytes: number): ReadNetstring {
  const end = bytes.indexOf(colon)
  const mostDigits = String(mostBytes).length
  const digits = bytes.subarray(0, end === -1 ? mostDigits + 1 : end).toString('latin1')
  if (!/^(?:0|[1-9]\d*|)$/.test(digits) || digits.length > mostDigits) return 'malformed'
  if (end === -1) return 'unfinished'
  const length = Number(digits)
  if (digits === '' || length > mostBytes) return 'malformed'
  const after = end + 1 + length
  if (bytes.length <= after) return 'unfinished'
  if (bytes[after] !== comma) return 'malformed'
  return { content: bytes.subarray(end + 1, after), rest: bytes.subarray(after + 1) }
}

/** Writes one. */
export function netstring(content: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(content)}:${content},`)
}
