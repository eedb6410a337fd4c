/** Longer than any, with all parameters. */
const longest = 16 * 1_024

/**
 * True for an address of an endpoint or a page that another party has named and that can be used: an
 * absolute https URL of printable ASCII, as RFC 3986 has them, without a user before the host, who would
 * hide it from whoever reads the address.
 */
export function isHttpsUrl(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > longest) return false
  if (!/^https:\/\/[\x21-\x7e]+$/.test(value) || !URL.canParse(value)) return false
  const { username, password } = new URL(value)
  return username === '' && password === ''
}
