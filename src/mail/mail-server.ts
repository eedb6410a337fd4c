import { UsageError } from '../errors.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { mailPorts } from './mail-ports.ts'

/** Where a login is tried. */
export interface MailServer {
  host: string
  port: number
  /** TLS from the first byte, instead of after STARTTLS. */
  isImplicitTls: boolean
  /** Nothing tells whether TLS comes first, and with this protocol it usually does (RFC 8314 section 3). */
  mayBeginWithTls?: true
}

const form =
  /^(?:([a-z][a-z0-9]*):\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?(?:\/|\/(tls|starttls))?$/i

/**
 * Reads `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, with `/tls` or `/starttls` behind it or `smtps://` and its
 * kin before it where the port does not tell whether TLS comes first. For IMAP and POP the server may tell it.
 * @throws UsageError
 */
export function parseServer(text: string, protocol: Protocol): MailServer {
  const match = form.exec(text)
  const [, scheme, address, name, portText, suffix] = match ?? []
  const host = address ?? name
  const tlsFirst = isTlsFirst(scheme?.toLowerCase(), suffix?.toLowerCase(), protocol)
  const port = Number(
    portText ?? defaultPort(protocol, scheme === undefined ? undefined : tlsFirst),
  )
  if (host === undefined || port < 1 || port > 65_535) throw unreadable(text, protocol)
  if (tlsFirst === 'another protocol') throw otherScheme(text, protocol)
  refuseOthersPort(text, port, protocol)
  const { usual, implicitTls, startTls } = mailPorts[protocol]
  const isImplicitTls = tlsFirst ?? port === implicitTls
  const isTold = tlsFirst !== undefined || isImplicitTls || startTls.includes(port)
  return {
    host,
    port,
    isImplicitTls,
    ...(!isTold && usual === implicitTls && { mayBeginWithTls: true }),
  }
}

/** The server as `parseServer` reads it. */
export function writeServer({ host, port }: MailServer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Undefined where only the port tells. */
function isTlsFirst(
  scheme: string | undefined,
  suffix: string | undefined,
  protocol: Protocol,
): boolean | 'another protocol' | undefined {
  const { schemes } = mailPorts[protocol]
  const isSecure = schemes.some((known) => scheme === `${known}s`)
  const isKnown = scheme === undefined || isSecure || schemes.some((known) => scheme === known)
  if (!isKnown) return 'another protocol'
  if (suffix !== undefined) return suffix === 'tls'
  return scheme === undefined ? undefined : isSecure
}

function defaultPort(protocol: Protocol, tlsFirst: ReturnType<typeof isTlsFirst>): number {
  const { usual, implicitTls, startTls } = mailPorts[protocol]
  if (tlsFirst === undefined || tlsFirst === 'another protocol') return usual
  return tlsFirst ? implicitTls : startTls[0]
}

function unreadable(text: string, protocol: Protocol): UsageError {
  const { example, usual, schemes } = mailPorts[protocol]
  return new UsageError(`"${text}" is not a mail server`, {
    hint: `write HOST or HOST:PORT, like ${example}:${usual}, or [ADDRESS]:PORT for IPv6; HOST:PORT/tls or ${schemes[0]}s://HOST:PORT for TLS from the start on another port`,
  })
}

function otherScheme(text: string, protocol: Protocol): UsageError {
  return new UsageError(`"${text}" is not for ${protocol}`, {
    hint: `write HOST:PORT, or ${mailPorts[protocol].schemes[0]}s://HOST:PORT; for the other protocols use ${optionsBut(protocol)}`,
  })
}

/** @throws UsageError where the port is known to belong to another protocol */
function refuseOthersPort(text: string, port: number, protocol: Protocol): void {
  for (const other of ['SMTP', 'IMAP', 'POP'] as const) {
    const { implicitTls, startTls, option } = mailPorts[other]
    if (other === protocol || (port !== implicitTls && !startTls.includes(port))) continue
    const { usual, implicitTls: own } = mailPorts[protocol]
    const wanted = usual === own ? `${own}` : `${usual}, or ${own} with TLS from the start`
    throw new UsageError(`"${text}" is not for ${protocol}: port ${port} is ${other}`, {
      hint: `use ${option} for it; ${protocol} uses port ${wanted}`,
    })
  }
}

function optionsBut(protocol: Protocol): string {
  const others = (['SMTP', 'IMAP', 'POP'] as const).filter((other) => other !== protocol)
  return others.map((other) => mailPorts[other].option).join(' and ')
}
