import { UsageError } from '../errors.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** Where a login is tried. */
export interface MailServer {
  host: string
  port: number
  /** TLS from the first byte, instead of after STARTTLS. */
  isImplicitTls: boolean
}

interface Ports {
  /** Where none is named. */
  usual: number
  /** Where TLS comes first. */
  implicitTls: number
  /** Where STARTTLS comes first; other protocols have none of these. */
  startTls: readonly [number, ...number[]]
  /** Names of URLs; with an "s" behind them TLS comes first. */
  schemes: readonly string[]
  option: string
  example: string
}

/** RFC 8314 section 7.3 and what is in use besides. */
const ports: Record<Protocol, Ports> = {
  SMTP: {
    usual: 587,
    implicitTls: 465,
    startTls: [587, 25, 2525],
    schemes: ['smtp', 'submission'],
    option: '--test-smtp',
    example: 'smtp.office365.com',
  },
  IMAP: {
    usual: 993,
    implicitTls: 993,
    startTls: [143],
    schemes: ['imap'],
    option: '--test-imap',
    example: 'outlook.office365.com',
  },
  POP: {
    usual: 995,
    implicitTls: 995,
    startTls: [110],
    schemes: ['pop', 'pop3'],
    option: '--test-pop',
    example: 'outlook.office365.com',
  },
}

const form =
  /^(?:([a-z][a-z0-9]*):\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?(?:\/|\/(tls|starttls))?$/i

/**
 * Reads `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, with `/tls` or `/starttls` behind it or `smtps://` and its
 * kin before it where the port does not tell whether TLS comes first.
 * @throws UsageError
 */
export function parseServer(text: string, protocol: Protocol): MailServer {
  const match = form.exec(text)
  const [, scheme, address, name, portText, suffix] = match ?? []
  const host = address ?? name
  const told = isTlsTold(scheme?.toLowerCase(), suffix?.toLowerCase(), protocol)
  const port = Number(portText ?? defaultPort(protocol, scheme === undefined ? undefined : told))
  if (host === undefined || port < 1 || port > 65_535) throw unreadable(text, protocol)
  if (told === 'another protocol') throw otherScheme(text, protocol)
  refuseOthersPort(text, port, protocol)
  return { host, port, isImplicitTls: told ?? port === ports[protocol].implicitTls }
}

/** The server as `parseServer` reads it. */
export function writeServer({ host, port }: MailServer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Undefined where only the port tells. */
function isTlsTold(
  scheme: string | undefined,
  suffix: string | undefined,
  protocol: Protocol,
): boolean | 'another protocol' | undefined {
  const { schemes } = ports[protocol]
  const isSecure = schemes.some((known) => scheme === `${known}s`)
  const isKnown = scheme === undefined || isSecure || schemes.some((known) => scheme === known)
  if (!isKnown) return 'another protocol'
  if (suffix !== undefined) return suffix === 'tls'
  return scheme === undefined ? undefined : isSecure
}

function defaultPort(protocol: Protocol, told: ReturnType<typeof isTlsTold>): number {
  const { usual, implicitTls, startTls } = ports[protocol]
  if (told === undefined || told === 'another protocol') return usual
  return told ? implicitTls : startTls[0]
}

function unreadable(text: string, protocol: Protocol): UsageError {
  const { example, usual, schemes } = ports[protocol]
  return new UsageError(`"${text}" is no mail server`, {
    hint: `write HOST or HOST:PORT, like ${example}:${usual}, or [ADDRESS]:PORT for IPv6; HOST:PORT/tls or ${schemes[0]}s://HOST:PORT where TLS comes first on another port`,
  })
}

function otherScheme(text: string, protocol: Protocol): UsageError {
  return new UsageError(`"${text}" is not a server of ${protocol}`, {
    hint: `write HOST:PORT, or ${ports[protocol].schemes[0]}s://HOST:PORT; the other protocols have ${optionsBut(protocol)}`,
  })
}

/** @throws UsageError where the port is known to belong to another protocol */
function refuseOthersPort(text: string, port: number, protocol: Protocol): void {
  for (const other of ['SMTP', 'IMAP', 'POP'] as const) {
    const { implicitTls, startTls, option } = ports[other]
    if (other === protocol || (port !== implicitTls && !startTls.includes(port))) continue
    const { usual, implicitTls: own } = ports[protocol]
    const wanted = usual === own ? `${own}` : `${usual}, or ${own} with TLS from the start`
    throw new UsageError(`"${text}" is not a server of ${protocol}: port ${port} is ${other}`, {
      hint: `use ${option} for it; ${protocol} has port ${wanted}`,
    })
  }
}

function optionsBut(protocol: Protocol): string {
  const others = (['SMTP', 'IMAP', 'POP'] as const).filter((other) => other !== protocol)
  return others.map((other) => ports[other].option).join(' and ')
}
