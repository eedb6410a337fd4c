import type { Connection } from './connection/connection.ts'

/** One response of a server (RFC 9051 section 7). */
export interface ImapResponse {
  /** Without its literals, whose text must not be taken for a line (section 4.3). */
  line: string
  /** As it came, with CRLF, one character a byte. */
  raw: string
}

/** Reads one. @throws CmsOauthError where none comes */
export async function readImapResponse(connection: Connection): Promise<ImapResponse> {
  let line = await connection.readLine()
  let raw = `${line}\r\n`
  for (let size = literalSize(line); size !== undefined; size = literalSize(line)) {
    const literal = await connection.readOctets(size)
    const rest = await connection.readLine()
    raw += `${literal}${rest}\r\n`
    line = `${line.slice(0, line.lastIndexOf('{'))}${rest}`
  }
  return { line, raw }
}

function literalSize(line: string): number | undefined {
  const size = /\{(\d{1,9})\}$/.exec(line)?.[1]
  return size === undefined ? undefined : Number(size)
}
