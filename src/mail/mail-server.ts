import { UsageError } from '../errors.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** Where a login is tried. */
export interface MailServer {
  host: string
  port: number
  /** TLS from the first byte, instead of after STARTTLS. */
  isImplicitTls: boolean
}

/** The port when none is named, and those on which TLS comes first. */
const ports: Record<Protocol, { usual: number; implicitTls: number; example: string }> = {
  SMTP: { usual: 587, implicitTls: 465, example: 'smtp.office365.com' },
  IMAP: { usual: 993, implicitTls: 993, example: 'outlook.office365.com' },
  POP: { usual: 995, implicitTls: 995, example: 'outlook.office365.com' },
}

/** Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`. @throws UsageError */
export function parseServer(text: string, protocol: Protocol): MailServer {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const { usual, implicitTls, example } = ports[protocol]
  const port = Number(match?.[3] ?? usual)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`"${text}" is no mail server`, {
      hint: `write HOST or HOST:PORT, like ${example}:${usual}, or [ADDRESS]:PORT for IPv6`,
    })
  }
  return { host, port, isImplicitTls: port === implicitTls }
}

/** The server as `parseServer` reads it. */
export function writeServer({ host, port }: MailServer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
