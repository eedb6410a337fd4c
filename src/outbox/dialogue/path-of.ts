import { decodeBytes } from '../submission/encoded-words.ts'

/** What MAIL and RCPT name. */
export interface NamedPath {
  /** Empty for `<>`; without a source route. */
  address: string
  /** In capitals, like `SIZE=100`. */
  parameters: string[]
}

const quoted = '"(?:[^"\\\\]|\\\\.)*"'
const form = `[ \\t]*(?:<((?:[^<>"\\\\]|${quoted})*)>|((?:[^\\s<>"\\\\]|${quoted})+))(?:[ \\t]+(.*))?$`
const forms = { FROM: new RegExp(`^FROM:${form}`, 'i'), TO: new RegExp(`^TO:${form}`, 'i') }

/**
 * Reads `FROM:<address> PARAMETERS` or `TO:...` (RFC 5321 section 4.1.2), also with a space after the colon
 * and without the brackets, as devices write it. Undefined for anything else.
 */
export function pathOf(text: string, keyword: keyof typeof forms): NamedPath | undefined {
  const match = forms[keyword].exec(text)
  if (match === null) return undefined
  const [, bracketed, bare = '', parameters = ''] = match
  const address = (bracketed ?? bare).trim().replace(/^@[^:"]*:/, '')
  return {
    address: decodeBytes(address),
    parameters: parameters
      .toUpperCase()
      .split(/[ \t]+/)
      .filter((parameter) => parameter !== ''),
  }
}
