/**
 * The request of the token socket:
 *
 *     request = proto *( "," option ) SP user [ SP *OCTET ] [ CR ] [ LF *OCTET ]
 *     proto   = "SMTP" / "IMAP" / "POP" / the name of a resource that the socket serves
 *                                            ; case counts, in the address too
 *     option  = output format (at most one); unknown options are ignored
 *     user    = an address containing "@"
 *
 * It ends at the first LF or when the client half-closes. What counts in it is ASCII without CR and
 * NUL; what follows the address and a space may be any bytes. The parser never throws.
 */
import { isResourceName } from '../../configuration/resources.ts'
import {
  isOutputFormat,
  isProtocol,
  type OutputFormat,
  protocols,
} from '../../sasl/output-format.ts'

/** The longest request, its end included. */
export const requestLimitBytes = 512

/** A request that keeps the grammar. */
export interface TokenRequest {
  /** Of mail, or the name of a resource. */
  protocol: string
  user: string
  /** Undefined if the request names none: the socket's own. */
  format: OutputFormat | undefined
}

/** What was read: a request, or why it is none, and the format that it named all the same. */
export type ParsedRequest =
  { request: TokenRequest } | ({ refusal: string; hint: string } & Pick<TokenRequest, 'format'>)

const form = 'a request is PROTO[,FORMAT] SP ADDRESS, for example "SMTP user@domain.com"'

const lineFeed = 0x0a

/** Whoever does not name a protocol speaks another one, and gets no bytes whatever the socket replies. */
const silent: OutputFormat = 'token'

/** True once the bytes hold a whole request, without waiting for the half-close. */
export function endsRequest(bytes: Uint8Array): boolean {
  return bytes.includes(lineFeed)
}

/** Reads a request that has ended; `resources` are those of the socket. */
export function parseRequest(bytes: Buffer, resources: readonly string[] = []): ParsedRequest {
  if (bytes.length > requestLimitBytes) {
    return { refusal: 'the request is too long', hint: form, format: silent }
  }
  const [head = '', user = ''] = firstLine(bytes).split(' ', 2)
  const [protocol = '', ...options] = head.split(',')
  const formats = options.filter(isOutputFormat)
  const isServed = isProtocol(protocol) || resources.includes(protocol)
  const format = formats.includes('json') ? 'json' : isServed ? formats[0] : silent
  const refused = (refusal: string) => ({ refusal, hint: form, format })
  if (!/^[!-~]*$/.test(head) || !isText(user)) {
    return refused('the request contains invalid characters')
  }
  if (!isServed)
    return { ...refused('the request does not name a known protocol'), ...unserved(protocol) }
  if (formats.length > 1) return refused('the request names more than one output format')
  if (!/^[!-~]*@[!-~]*$/.test(user)) return refused('the request does not name an address')
  return { request: { protocol, user, format } }
}

/** What does not look like a name may be anything, a secret too, and is not repeated. */
function unserved(protocol: string) {
  if (!isResourceName(protocol)) return {}
  const hint = `protocols are ${protocols.join(', ')}; another name must be in "protocols" of the [[socket]] and in "resources" of the [[account]]`
  return { refusal: `this socket does not serve "${protocol}"`, hint }
}

function firstLine(bytes: Buffer): string {
  const end = bytes.indexOf(lineFeed)
  const line = bytes.toString('latin1', 0, end === -1 ? bytes.length : end)
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** CR or NUL inside, or a byte above ASCII, is another protocol. */
function isText(word: string): boolean {
  return !/[\x80-\xff]/.test(word) && !word.includes('\r') && !word.includes('\0')
}
