/** What ends what it begins; nothing in between separates addresses. */
const closing: Readonly<Record<string, string>> = { '"': '"', '(': ')', '<': '>', '[': ']' }

/**
 * The addresses of a list, each as it was written, with those of its groups (RFC 5322, 3.4): a comma
 * separates wherever no quotation marks, comment or angle brackets hold it. What is not closed again
 * is one address up to the end of the list.
 */
export function splitAddresses(list: string): string[] {
  const addresses: string[] = []
  const open: string[] = []
  let start = 0
  const take = (end: number) => {
    const address = list.slice(start, end).trim()
    if (address !== '') addresses.push(address)
    start = end + 1
  }
  for (let at = 0; at < list.length; at++) {
    const sign = list.charAt(at)
    const awaited = open.at(-1)
    if (sign === '\\') at++
    else if (sign === awaited) open.pop()
    else if (opensIn(sign, awaited)) open.push(closing[sign] ?? '')
    else if (awaited !== undefined) continue
    else if (sign === ':') start = at + 1
    else if (sign === ',' || sign === ';') take(at)
  }
  take(list.length)
  return addresses
}

/** Quotation marks hold everything, comments only comments. */
function opensIn(sign: string, awaited: string | undefined): boolean {
  if (awaited === undefined) return sign in closing
  if (awaited === ')') return sign === '('
  return awaited === '>' && sign === '"'
}
