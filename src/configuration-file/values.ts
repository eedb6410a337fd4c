/** The types of values in the configuration. */
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { domainToASCII } from 'node:url'
import * as z from 'zod'
import { isAddress } from '../configuration/address.ts'
import { socketPathLimitBytes } from '../configuration/socket-path.ts'
import { isHttpsUrl } from '../oauth/https-url.ts'

// A configuration is read once: code that zod generates for it would take longer than it saves.
z.config({ jitless: true })

const durationUnitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Text that is not empty. */
export const filledText = z.string().min(1, 'must not be empty')

/**
 * A duration in ms, written like `15m`, of at most `longest` (below the limit of Node's timers, 25
 * days); `reason` says why it is limited.
 */
export const durationUpTo = (longest: string, reason: string) =>
  z
    .string()
    .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a number with ms, s, m, h or d, like "15m"')
    .transform(msOf)
    .refine((ms) => ms <= msOf(longest), `must be at most ${longest}: ${reason}`)

function msOf(text: string): number {
  const unit = text.replace(/^\d+/, '') as keyof typeof durationUnitsMs
  return Number.parseInt(text, 10) * durationUnitsMs[unit]
}

const modeProblem = 'must be permission bits, like "0660" or 0o660'

/** Permission bits, written as "0660" or 0o660. */
export const fileMode = z
  .union([z.string(), z.number()], { error: modeProblem })
  .transform((mode) => (typeof mode === 'number' ? mode.toString(8) : mode))
  .refine((digits) => /^0?[0-7]{1,3}$/.test(digits), modeProblem)
  .transform((digits) => Number.parseInt(digits, 8))

const sizeUnits = { KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 }

/** A number of bytes, written like `10MiB`. */
export const byteSize = z
  .string()
  .regex(/^\d{1,9}(KiB|MiB|GiB)$/, 'must be a number with KiB, MiB or GiB, like "10MiB"')
  .transform((text) => {
    const unit = text.replace(/^\d+/, '') as keyof typeof sizeUnits
    return Number.parseInt(text, 10) * sizeUnits[unit]
  })
  .refine((bytes) => bytes > 0, 'must be more than 0')

/** A path in which `~` is the home directory of the daemon's user. */
export const filePath = z
  .string()
  .transform((path) => (/^~(\/|$)/.test(path) ? join(homedir(), path.slice(1)) : path))
  .refine(
    (path) => path.startsWith('/') && !path.includes('\0'),
    'must be an absolute path, or start with "~/"',
  )

/** A path of something that the daemon creates. */
export const namedPath = filePath.refine(
  (path) => !path.endsWith('/') && !['.', '..'].includes(basename(path)),
  'must name a file, not a directory',
)

/** A path that is possible for a UNIX socket. */
export const socketPath = namedPath.refine(
  (path) => Buffer.byteLength(path) <= socketPathLimitBytes,
  `must have at most ${socketPathLimitBytes} bytes: the kernel does not accept more`,
)

/** How the domain of an address is written in ASCII (RFC 5891), where that is all that it lacks. */
function inAscii(input: unknown): string {
  const [, local = '', domain = ''] = /^([^@]{1,64})@([^@]{1,254})$/.exec(String(input)) ?? []
  const ascii = domainToASCII(domain)
  const isCure = /[^\0-\x7f]/.test(domain) && isAddress(`${local}@${ascii}`)
  return isCure ? `: its domain is "${ascii}" there` : ''
}

/** A mailbox address as it appears in requests. */
export const address = z
  .string()
  .refine(isAddress, {
    error: ({ input }) => `must be an address in ASCII, like "user@domain.com"${inAscii(input)}`,
    abort: true,
  })
  .refine(
    // Exchange's way to name a shared mailbox, which there is with passwords only.
    (text) => !/@[^@]*[/\\]/.test(text.slice(0, 254)),
    'must be one mailbox: name the shared one alone, and in login_hint who signs in; examples/accounts/office365-shared-mailbox.toml shows it',
  )

/** The URL of an endpoint. */
export const httpsUrl = z
  .string()
  .refine(isHttps, { error: 'must be an https:// URL without user and fragment', abort: true })
  .transform(asRequested)

/** A redirect URI: of this machine, or of a page whose address a person pastes. */
export const redirectUri = z
  .string()
  .refine(
    (text) => isLoopback(text) || (isHttps(text) && !text.includes('?')),
    'must be http://localhost, http://127.0.0.1 or http://[::1], with or without port and path, or an https:// URL, with which a sign-in is by --paste',
  )

/** A node of an engine: no path, since the gateway's own are appended. */
export const engineEndpoint = z
  .string()
  .refine(
    (text) => isHttps(text) && /^https:\/\/[^/?#@]+:\d{1,5}$/.test(text),
    'must be https://HOST:PORT, without a path: tokens cross nothing but TLS',
  )

/** What comes before every key in an engine: its rights are given by it. */
export const enginePrefix = z
  .string()
  .regex(
    /^(\/[A-Za-z0-9._-]+)+\/$/,
    'must begin and end with "/", with names of letters, digits, ".", "_" and "-" between them',
  )

/** HOST:PORT of this machine, of which only the port matters. */
export const loopbackAddress = z
  .string()
  .regex(/^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/, 'must be 127.0.0.1:PORT; port 0 means any')
  .transform((text) => ({ port: Number(text.slice(text.lastIndexOf(':') + 1)) }))
  .refine(({ port }) => port <= 65_535, 'must have a port of at most 65535')

/** A name that systemd gives to a credential: a file name in $CREDENTIALS_DIRECTORY. */
export const credentialName = z
  .string()
  .regex(/^(?!\.)[\x21-\x2e\x30-\x7e]+$/, 'must be the name of a credential, without a slash')

/** A program and its arguments. */
export const commandLine = z.array(z.string()).min(1, 'must name a program')

function isHttps(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  // RFC 6749 section 3.1: an endpoint may have a query, but no fragment.
  return protocol === 'https:' && username === '' && password === '' && hash === ''
}

/** As isHttpsUrl takes it: a host in punycode, and all else in ASCII. What is so already stays as it is written. */
function asRequested(text: string): string {
  const { href } = new URL(text)
  const sameEnd = text.endsWith('/') ? href : href.replace(/\/$/, '')
  return isHttpsUrl(text) ? text : sameEnd
}

/** RFC 8252 section 7.3; a URI that a browser would not send back unchanged is refused. */
function isLoopback(text: string): boolean {
  return (
    /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(\/[^\s?#\\]*)?$/.test(text) &&
    URL.canParse(text)
  )
}
