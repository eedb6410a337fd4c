import type { AllowRule } from './allow-rule.ts'
import type { LocalListener } from './local-listener.ts'

/** What an outbox can send by. */
export const deliveryWays = ['gmail-api', 'graph', 'smtp'] as const
export type DeliveryWay = (typeof deliveryWays)[number]

/** By what an outbox sends. */
export type DeliveryRoute =
  /** `origin`: of the API, in place of the provider's own. */
  | { via: 'gmail-api'; origin: string }
  | { via: 'graph'; origin: string }
  /** `server`: as `--test-smtp` takes it. */
  | { via: 'smtp'; server: string }

/** One `[[outbox]]` with its defaults filled in. */
export interface OutboxConfiguration {
  /** Names the spool's folder, and the socket that systemd opens. */
  name: string
  account: string
  /** The account that has its tokens, where programs use `account` too; absent: `account` itself. */
  tokensOf?: string
  route: DeliveryRoute
  path: string
  /** Of the socket. */
  mode: number
  owner?: string
  group?: string
  /** Absent: the daemon's own user. */
  allow?: AllowRule
  /** Where it takes mail by SMTP; absent: nowhere. */
  listener?: LocalListener
  /** The spool's folder. */
  spool: string
  rules: SubmissionRules
  /** Most messages of one uid in an hour; what is more waits. */
  perHour: number
  /** More of one kind that wait for that become one mail; 0: they never do. */
  digestAbove: number
  keepTryingMs: number
  /** Pauses between tries; the last repeats. */
  retryMs: number[]
  /** Of one uid. */
  quota: { messages: number; bytes: number }
}

/** What an outbox makes of a message before it stores it. */
export interface SubmissionRules {
  /** The account's address: the sender of what is rewritten. */
  from: string
  /** Addresses that may stay in From; empty: every From is rewritten. */
  fromAllowed: string[]
  /** With {name}, {user} and {host}. */
  fromName: string
  /** Names without a domain, and `*`, to addresses or other names. */
  aliases: Record<string, string[]>
  /** Addresses and `@domain`; `*`: anybody; absent: what the aliases name. */
  recipients?: string[]
  localDomains: string[]
  maxSize: number
  tooLarge: 'cut' | 'refuse'
  /** Who hears of what was abandoned; empty: the log alone. */
  noticeTo: string[]
  /** Lines and letters that the route takes: an API wraps text that is not quoted-printable. */
  encoding: 'api' | 'smtp'
}

/** The account whose tokens an outbox sends with. */
export function senderOf({ account, tokensOf = account }: OutboxConfiguration): string {
  return tokensOf
}
