const digits = 'abcdefghijklmnopqrstuvwxyz234567'

/** The bytes, a multiple of five, in base32 (RFC 4648 section 6) in lower case: easy to type anywhere. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += digits[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return text
}
