/**
 * The request of the token socket:
 *
 *     request = proto *( "," option ) SP user [ SP *OCTET ] [ CR ] [ LF *OCTET ]
 *     proto   = "SMTP" / "IMAP" / "POP" / the name of a resource that the socket serves
 *                                            ; case counts, in the address too
 *     option  = output format (at most one); unknown options are ignored
 *     user    = an address containing "@"
 *
 * It ends at the first LF or when the client half-closes, and never holds CR, NUL or a byte above
 * ASCII, except after its end. The parser never throws.
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

/** What was read: a request, or why it is none, and whether its sender asked for `json`. */
export type ParsedRequest =
  { request: TokenRequest } | { refusal: string; hint: string; wantsJson: boolean }

const form = 'a request is PROTO[,FORMAT] SP ADDRESS, for example "SMTP user@domain.com"'

const lineFeed = 0x0a

/** True once the bytes hold a whole request, without waiting for the half-close. */
export function endsRequest(bytes: Uint8Array): boolean {
  return bytes.includes(lineFeed)
}

/** Reads a request that has ended; `resources` are those of the socket. */
export function parseRequest(bytes: Buffer, resources: readonly string[] = []): ParsedRequest {
  if (bytes.length > requestLimitBytes) return refuse('the request is too long')
  const line = firstLine(bytes)
  const [head = '', user = ''] = line.split(' ', 2)
  if (!isText(line) || !/^[!-~]*$/.test(head)) {
    return refuse('the request contains invalid characters')
  }
  const [protocol = '', ...options] = head.split(',')
  const formats = options.filter(isOutputFormat)
  if (!isProtocol(protocol) && !resources.includes(protocol)) return unserved(protocol, formats)
  if (formats.length > 1) return refuse('the request names more than one output format', formats)
  if (!/^[!-~]*@[!-~]*$/.test(user)) return refuse('the request does not name an address', formats)
  return { request: { protocol, user, format: formats[0] } }
}

function unserved(protocol: string, formats: readonly OutputFormat[]): ParsedRequest {
  // What does not look like a name may be anything, a secret too, and is not repeated.
  if (!isResourceName(protocol))
    return refuse('the request does not name a known protocol', formats)
  const hint = `protocols are ${protocols.join(', ')}; another name must be in "protocols" of the [[socket]] and in "resources" of the [[account]]`
  return { ...refuse(`this socket does not serve "${protocol}"`, formats), hint }
}

function refuse(refusal: string, formats: readonly OutputFormat[] = []) {
  return { refusal, hint: form, wantsJson: formats.includes('json') }
}

function firstLine(bytes: Buffer): string {
  const end = bytes.indexOf(lineFeed)
  const line = bytes.toString('latin1', 0, end === -1 ? bytes.length : end)
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** Holds for the ignored part too: CR or NUL inside, or a byte above ASCII, is another protocol. */
function isText(line: string): boolean {
  return !/[\x80-\xff]/.test(line) && !line.includes('\r') && !line.includes('\0')
}
