import { normalize } from 'node:path'
import * as z from 'zod'
import { type ListenAddress, parseTcpAddress } from '../configuration/listen-address.ts'
import { bridgeCallers, localTlsModes } from '../configuration/local-listener.ts'
import { parseNetwork } from '../configuration/networks.ts'
import { mailPorts } from '../mail/mail-ports.ts'
import { parseServer } from '../mail/mail-server.ts'
import { type Protocol, protocols } from '../sasl/output-format.ts'
import { bridgeProblems } from './bridge-problems.ts'
import { address, durationUpTo, fileMode, filePath, filledText, socketPath } from './values.ts'

const defaultMode = 0o600

const listenAddress = z.string().transform((text, context): ListenAddress => {
  if (/^[/~]/.test(text)) {
    const { data, error } = socketPath.safeParse(text)
    if (data !== undefined) return { path: normalize(data) }
    return refuse(context, error?.issues[0]?.message ?? '')
  }
  const parsed = parseTcpAddress(text)
  if (parsed === undefined) {
    return refuse(context, 'must be ADDRESS:PORT, like "127.0.0.1:1587", or the path of a socket')
  }
  return parsed
})

const network = z.string().transform((text, context): string => {
  const parsed = parseNetwork(text)
  return 'network' in parsed ? parsed.network : refuse(context, parsed.problem)
})

/** One, or a list. */
function oneOrMore<T>(element: z.ZodType<T, string>) {
  return z.preprocess(
    (given) => (typeof given === 'string' ? [given] : given),
    z.array(element).min(1, 'must not be empty'),
  )
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

const keys = z.strictObject({
  protocol: z
    .enum(protocols)
    .describe('what programs speak: SMTP (submission) to send, IMAP or POP to read'),
  listen: oneOrMore(listenAddress)
    .optional()
    .describe(
      'where: "127.0.0.1:1587", "[::1]:1587" or the path of a socket; one, or several. An address that other machines reach needs "networks"',
    ),
  name: filledText
    .optional()
    .describe(
      'FileDescriptorName= of systemd socket units, whose addresses are listened on too: so a port below 1024 needs no privilege',
    ),
  accounts: z
    .array(address)
    .min(1, 'must not be empty: no account is served unless it is listed')
    .describe('whose mail may go this way'),
  account: address
    .optional()
    .describe('for callers that name none; default: the only one of "accounts", else none'),
  account_by_sender: z
    .boolean()
    .default(false)
    .describe(
      'SMTP, callers without a password: the sender chooses among "accounts"; else "account"',
    ),
  users: z
    .record(
      z.string().regex(/^[!-~]{1,254}$/, 'must have user names of printable ASCII, without spaces'),
      address,
    )
    .default({})
    .describe(
      'further user names that programs may send, like { printer = "user@domain.com" }; an address of "accounts" always works',
    ),
  caller: z
    .array(z.enum(bridgeCallers))
    .min(1, 'must not be empty')
    .default(['password'])
    .describe(
      'who is let in: "password", who shows one of "cms-oauth bridge add-password"; "peer", whose program the kernel says is of a user in "allow"; "network", devices in "networks" that cannot log in',
    ),
  allow: z
    .strictObject({
      users: z.array(filledText).default([]),
      groups: z.array(filledText).default([]),
    })
    .optional()
    .describe(
      'with "peer": who, like { users = ["www-data"] }; default: the user of cms-oauthd alone',
    ),
  networks: oneOrMore(network)
    .optional()
    .describe(
      'which other machines may connect, like "192.168.7.0/24" or "fd12:3456::/32"; private and link-local ranges only. This machine may always connect by a loopback address',
    ),
  tls: z
    .enum(localTlsModes)
    .default('off')
    .describe(
      'between programs and the bridge: "starttls" offers STARTTLS (STLS), "required" does not accept a login without it, "implicit" begins with TLS. Where other machines connect it must be one of the last two, unless plaintext = true',
    ),
  plaintext: z
    .boolean()
    .default(false)
    .describe('true lets passwords and mail of other machines pass without TLS'),
  certificate_file: filePath
    .optional()
    .describe(
      'with key_file: what "tls" shows, in PEM, with the certificates above it; default: a self-made one, which "cms-oauth bridge certificate" prints',
    ),
  key_file: filePath.optional().describe('the private key of certificate_file, in PEM'),
  server: z
    .string()
    .optional()
    .describe(
      'the mail server; default: that of the provider. 465, 993 and 995 begin with TLS, others with STARTTLS (STLS), which is required',
    ),
  connections: z
    .int()
    .min(1, 'must be at least 1')
    .max(1_000, 'must be at most 1000')
    .optional()
    .describe(
      'to the mail server at a time, for each account; default 3 for SMTP of office365, else 10',
    ),
  wait: durationUpTo('10s', 'programs give up soon after')
    .prefault('10s')
    .describe('for one of them to become free, before the login is refused for the moment'),
  mode: fileMode.optional().describe('permissions of sockets; default "0600"'),
  owner: filledText.optional().describe('of sockets; only root can give one away'),
  group: filledText.optional().describe('of sockets'),
})

/** The keys of [[bridge]] with their meaning. */
export const bridgeKeys = keys.shape

/** One [[bridge]]; what follows from its accounts comes later. */
export const bridgeSchema = keys
  .superRefine((given, context) => {
    const { protocol, server } = given
    for (const [key, message] of bridgeProblems(given)) {
      context.addIssue({ code: 'custom', path: [key], message })
    }
    if (server !== undefined && !isServer(server, protocol)) {
      const { example, usual } = mailPorts[protocol]
      const message = `must be HOST or HOST:PORT, like "${example}:${usual}"`
      context.addIssue({ code: 'custom', path: ['server'], message })
    }
  })
  .transform((given) => {
    const { account_by_sender: accountBySender, wait, mode, account, users, ...rest } = given
    const { allow, owner, group, server, connections, caller, plaintext: _, ...others } = rest
    const { certificate_file: path, key_file: keyPath, networks, ...more } = others
    const { listen = [], name, ...same } = more
    const named = account ?? (given.accounts.length === 1 ? given.accounts[0] : undefined)
    return {
      ...same,
      callers: caller,
      listen,
      ...(name === undefined ? {} : { name }),
      networks: networks ?? [],
      ...(path === undefined || keyPath === undefined ? {} : { certificate: { path, keyPath } }),
      users: Object.entries(users).map(([name, user]) => ({ name, user })),
      accountBySender,
      waitMs: wait,
      mode: mode ?? defaultMode,
      ...(named === undefined ? {} : { account: named }),
      ...(allow === undefined ? {} : { allow }),
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      given: { server, connections },
    }
  })

/** What bridgeSchema gives: a bridge whose accounts are addresses alone. */
export type GivenBridge = z.output<typeof bridgeSchema>

function isServer(text: string, protocol: Protocol): boolean {
  try {
    parseServer(text, protocol)
    return true
  } catch {
    return false
  }
}
