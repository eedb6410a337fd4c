/** True for a mailbox address as it appears in requests: printable ASCII with "@" inside, no space. */
export function isAddress(text: string): boolean {
  return text.length <= addressLimit && /^[!-~]+@[!-~]+$/.test(text)
}

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const addressLimit = 254
