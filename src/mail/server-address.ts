import { UsageError } from '../errors.ts'
import type { Protocol } from '../sasl/output-format.ts'
import type { MailServer } from './dialogue.ts'

/** The port when none is named, and those on which TLS comes first. */
const ports: Record<Protocol, { usual: number; implicitTls: number }> = {
  SMTP: { usual: 587, implicitTls: 465 },
  IMAP: { usual: 993, implicitTls: 993 },
  POP: { usual: 995, implicitTls: 995 },
}

/** Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`. @throws UsageError */
export function parseServer(text: string, protocol: Protocol): MailServer {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const { usual, implicitTls } = ports[protocol]
  const port = Number(match?.[3] ?? usual)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`"${text}" is no mail server`, {
      hint: `write HOST or HOST:PORT, like smtp.office365.com:${usual}`,
    })
  }
  return { host, port, isImplicitTls: port === implicitTls }
}
