/** True for a mailbox address as it appears in requests: printable ASCII with "@" inside, no space. */
export function isAddress(text: string): boolean {
  return text.length <= addressLimit && /^[!-~]+@[!-~]+$/.test(text)
}

/** True for one address that mail can be sent to: not two with a comma, nor one whose domain is none. */
export function takesMail(address: string): boolean {
  return isAddress(address) && mailbox.test(address)
}

/** RFC 5321 section 4.1.2, with a domain, or an address in brackets. */
const mailbox =
  /^(?:"[^"]+"|[^"@,;:<>()[\]\\]+)@(?:\[[\da-f:.v]{2,60}\]|[a-z\d_-]+(?:\.[a-z\d_-]+)*)$/i
/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const addressLimit = 254
