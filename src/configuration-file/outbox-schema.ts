import * as z from 'zod'
import { takesMail } from '../configuration/address.ts'
import { deliveryWays } from '../configuration/outbox-configuration.ts'
import { listenerKeys, listenerProblems } from './outbox-listener.ts'
import { outboxProblems } from './outbox-problems.ts'
import {
  address,
  byteSize,
  durationUpTo,
  fileMode,
  filledText,
  httpsUrl,
  socketPath,
} from './values.ts'

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be of a-z, 0-9, "-" and "_": it names a directory too')

const domain = z.string().regex(/^[!-?A-~]+$/, 'must have domains in ASCII, like "example.lan"')

const localName = z
  .string()
  .regex(/^[!-?A-~]+$/, 'must have names of printable ASCII without "@", or "*"')

const recipient = z
  .string()
  .refine(
    (text) => text === '*' || takesMail(text.startsWith('@') ? `anybody${text}` : text),
    'must have addresses, "@domain.com" or "*"',
  )

const count = z.int().min(1, 'must be at least 1')

/** One, or a list. */
const targets = z.preprocess(
  (given) => (typeof given === 'string' ? [given] : given),
  z.array(filledText).min(1, 'must not be empty'),
)

const pause = durationUpTo('24h', 'mail that waits is tried once a day at least').refine(
  (ms) => ms >= 1_000,
  'must be at least 1s: a provider that cannot answer is asked no faster',
)

const keys = z.strictObject({
  account: address.describe(
    'who sends: an [[account]]. By an API it is asked only for the permission to send, and no token socket serves it; one of office365 may be named by sockets, token files and bridges too: one sign-in then gives programs their token, and the outbox one of its own, which status calls outbox:ADDRESS',
  ),
  via: z
    .enum(deliveryWays)
    .optional()
    .describe(
      'what it is sent by; default: gmail-api for gmail, graph for office365, smtp for any other',
    ),
  host: z
    .string()
    .optional()
    .describe('via = "smtp": the server, HOST or HOST:PORT; default: that of the provider'),
  api: httpsUrl
    .optional()
    .describe('another origin in place of that of the provider, for tests and proxies'),
  name: name
    .default('outbox')
    .describe('FileDescriptorName= of a systemd socket unit, and the name of the spool'),
  path: socketPath.optional().describe('default: outbox.sock in the runtime directory'),
  mode: fileMode
    .prefault('0600')
    .describe('permissions of the socket; "0666" with "allow" for all users of the machine'),
  owner: filledText.optional().describe('of the socket; only root can give one away'),
  group: filledText.optional().describe('of the socket'),
  allow: z
    .strictObject({
      users: z.array(filledText).default([]),
      groups: z.array(filledText).default([]),
    })
    .optional()
    .describe(
      'who may send, by the kernel\'s word, like { users = ["root", "www-data"] }; default: the user of cms-oauthd alone',
    ),
  from: z
    .enum(['rewrite', 'keep-allowed'])
    .default('rewrite')
    .describe(
      'rewrite: every From becomes the address of the account; keep-allowed: what from_allowed lists stays',
    ),
  from_allowed: z
    .array(address)
    .default([])
    .describe('addresses that the account may send as, with from = "keep-allowed"'),
  from_name: filledText
    .default('{name} ({user} on {host})')
    .describe(
      "display name of a From that is rewritten; {user} is the caller by the kernel's word",
    ),
  aliases: z
    .record(localName, targets)
    .default({})
    .describe(
      'where mail for names without a domain goes, like { root = "me@example.org", "*" = "root" }; then the plain addresses of /etc/aliases',
    ),
  recipients: z
    .array(recipient)
    .optional()
    .describe(
      'who may get mail, addresses and "@domain.com"; default: whom "aliases" names. ["*"] is anybody',
    ),
  per_hour: count
    .default(60)
    .describe(
      'most messages of one user in an hour, those among them that the provider refuses; what is more waits, and is not refused',
    ),
  digest_above: z
    .int()
    .min(0, 'must not be negative; 0 is never')
    .default(20)
    .describe(
      'where more messages of one user than this wait for "per_hour", and their subjects differ in numbers and times at most, they are sent in one mail that has each of them attached; 0 is never. If the provider refuses that mail for its content or its size, each of them is sent on its own. Only reports to addresses that "aliases" or "notice_to" names: never patches, answers, or mail to others',
    ),
  max_size: byteSize
    .optional()
    .describe(
      'largest message; default: what "via" takes: gmail-api 35MiB, graph 2929KiB; smtp 25MiB',
    ),
  too_large: z
    .enum(['cut', 'refuse'])
    .default('cut')
    .describe('what is done with a larger one: its text is cut, or it is refused'),
  keep_trying: durationUpTo('24d', 'a notice about what was abandoned must still be news')
    .prefault('5d')
    .describe('for how long a message is tried before it is abandoned'),
  retry: z
    .array(pause)
    .min(1, 'must not be empty')
    .prefault(['30s', '1m', '2m', '5m', '10m', '20m', '30m', '1h'])
    .describe('pauses between tries; the last repeats'),
  notice_to: address
    .refine(takesMail, 'must be one address, like "user@domain.com"')
    .optional()
    .describe('who hears of what was abandoned; default: where "aliases" sends mail for root'),
  local_domains: z
    .array(domain)
    .default([])
    .describe(
      'domains whose names are aliases, besides localhost, the names of this host and /etc/mailname',
    ),
  quota_messages: count
    .default(1_000)
    .describe(
      'most messages of one user that may wait, a digest being one; more are refused for the moment',
    ),
  quota_size: byteSize.prefault('100MiB').describe('most bytes of them'),
  ...listenerKeys,
})

/** The keys of [[outbox]] with their meaning. */
export const outboxKeys = keys.shape

/** One [[outbox]]; what follows from its account comes later. */
export const outboxSchema = keys.superRefine((given, context) => {
  for (const { path, what: message } of [...outboxProblems(given), ...listenerProblems(given)]) {
    context.addIssue({ code: 'custom', path: [...path], message })
  }
})

/** What outboxSchema gives. */
export type GivenOutbox = z.output<typeof outboxSchema>
