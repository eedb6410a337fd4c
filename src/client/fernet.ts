import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'

const version = 0x80
const headerBytes = 25
const macBytes = 32

/**
 * What a Fernet token (https://github.com/fernet/spec) holds, whatever its age; undefined where the key
 * of 32 bytes is not its key, or it is not a token.
 */
export function openFernet(token: string, key: Buffer): string | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes[0] !== version || bytes.length < headerBytes + macBytes) return undefined
  const signed = bytes.subarray(0, -macBytes)
  const mac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest()
  if (!timingSafeEqual(mac, bytes.subarray(-macBytes))) return undefined
  // The version and the time, which nobody asks for, come before the initial vector.
  const vector = signed.subarray(9, headerBytes)
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), vector)
  try {
    const text = Buffer.concat([decipher.update(signed.subarray(headerBytes)), decipher.final()])
    return text.toString('utf8')
  } catch {
    return undefined
  }
}
