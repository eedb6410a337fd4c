import { domainToASCII } from 'node:url'

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const addressLimit = 254

/** An address with its domain apart: undefined where it has none. */
export function splitAddress(address: string): { local: string; domain?: string } {
  const at = address.lastIndexOf('@')
  if (at === -1) return { local: address }
  return { local: address.slice(0, at), domain: address.slice(at + 1).toLowerCase() }
}

/**
 * The address as a server takes it, its domain in lower case and in A-labels; undefined if it is none. Local
 * parts beyond ASCII would need SMTPUTF8, which most servers do not have.
 */
export function checkAddress(text: string): string | undefined {
  if (text.length > addressLimit) return undefined
  const { local, domain } = splitAddress(text)
  if (domain === undefined || !isLocalPart(local)) return undefined
  const ascii = asciiDomain(domain)
  const address = `${local}@${ascii}`
  return ascii === undefined || address.length > addressLimit ? undefined : address
}

function isLocalPart(local: string): boolean {
  // An encoded word (RFC 2047): a reader that decodes it there finds other addresses.
  if (local.includes('=?')) return false
  const isAtoms = /^[\w!#$%&'*+/=?^`{|}~.-]+$/.test(local)
  return isAtoms || /^"(?:[ !#-[\]-~]|\\[ -~])+"$/.test(local)
}

function asciiDomain(domain: string): string | undefined {
  if (/^\[[\da-f:.v]{2,60}\]$/i.test(domain)) return domain
  // eslint-disable-next-line no-control-regex
  const ascii = /^[\0-\x7f]*$/.test(domain) ? domain : domainToASCII(domain)
  const isNames = /^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/.test(ascii)
  return isNames && ascii.split('.').every((label) => label.length <= 63) ? ascii : undefined
}
