import { normalize } from 'node:path'
import * as z from 'zod'
import { bridgeCallers } from '../configuration/configuration.ts'
import {
  isLoopback,
  type ListenAddress,
  parseTcpAddress,
  writeListenAddress,
} from '../configuration/listen-address.ts'
import { mailPorts } from '../mail/mail-ports.ts'
import { parseServer } from '../mail/mail-server.ts'
import { type Protocol, protocols } from '../sasl/output-format.ts'
import { address, durationUpTo, fileMode, filledText, socketPath } from './values.ts'

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
  if (isLoopback(parsed.host)) return parsed
  return refuse(
    context,
    'must be an address of this machine alone, like "127.0.0.1:1587": a bridge does not serve other machines yet',
  )
})

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

const keys = z.strictObject({
  protocol: z
    .enum(protocols)
    .describe('what programs speak: SMTP (submission) to send, IMAP or POP to read'),
  listen: z
    .preprocess(
      (given) => (typeof given === 'string' ? [given] : given),
      z.array(listenAddress).min(1, 'must not be empty'),
    )
    .optional()
    .describe('where: "127.0.0.1:1587", "[::1]:1587" or the path of a socket; one, or several'),
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
      'who is let in: "password", who shows one of "cms-oauth bridge add-password"; "peer", whose program the kernel says is of a user in "allow"',
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
    const { allow, caller, listen = [], account_by_sender: bySender, protocol, server } = given
    const complain = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    if (allow !== undefined && !caller.includes('peer')) {
      complain(['allow'], 'requires "peer" in "caller": a password is asked of everybody else')
    }
    if (bySender && !caller.includes('peer')) {
      complain(['account_by_sender'], 'requires "peer" in "caller": a password names its account')
    }
    if (bySender && protocol !== 'SMTP') {
      complain(['account_by_sender'], 'requires protocol = "SMTP": nothing else names a sender')
    }
    if (server !== undefined && !isServer(server, protocol)) {
      const { example, usual } = mailPorts[protocol]
      complain(['server'], `must be HOST or HOST:PORT, like "${example}:${usual}"`)
    }
    if (listen.length === 0 && given.name === undefined) {
      complain(
        ['listen'],
        'is missing: say where, like "127.0.0.1:1587", or set "name" for a socket of systemd',
      )
    }
    const names = listen.map(writeListenAddress)
    if (new Set(names).size < names.length)
      complain(['listen'], 'has an address that is listed twice')
  })
  .transform((given) => {
    const { account_by_sender: accountBySender, wait, mode, account, users, ...rest } = given
    const { allow, owner, group, server, connections, caller, listen = [], name, ...same } = rest
    const named = account ?? (given.accounts.length === 1 ? given.accounts[0] : undefined)
    return {
      ...same,
      callers: caller,
      listen,
      ...(name === undefined ? {} : { name }),
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
