import type { Connection } from './connection/connection.ts'

/** One response of a server (RFC 9051 section 7). */
export interface ImapResponse {
  /** Without the text of its literals, which must not be taken for a line (section 4.3). */
  line: string
  /** As it came, with CRLF, one character a byte. */
  raw: string
}

/** RFC 9051 section 9: these have text to their end, which may look as if a literal followed. */
const textOnly = /^(?:\+|\S+ (?:OK|NO|BAD|BYE|PREAUTH)(?: |$))/i

/** Reads one. @throws CmsOauthError where none comes */
export async function readImapResponse(connection: Connection): Promise<ImapResponse> {
  let last = await connection.readLine()
  let line = last
  let raw = `${last}\r\n`
  if (textOnly.test(line)) return { line, raw }
  // Only the end of what came last is searched: a response may be made of thousands of literals.
  for (let size = literalSize(last); size !== undefined; size = literalSize(last)) {
    const literal = await connection.readOctets(size)
    last = await connection.readLine()
    line += last
    raw += `${literal}${last}\r\n`
  }
  return { line, raw }
}

function literalSize(line: string): number | undefined {
  const size = /\{(\d{1,9})\}$/.exec(line)?.[1]
  return size === undefined ? undefined : Number(size)
}
