import { MailLoginRefusedError, ProviderUnavailableError } from '../errors.ts'
import type { AccountFacts } from './account-facts.ts'
import { printable } from './printable.ts'
import { findRefusal, type ServerReply } from './refusals/find-refusal.ts'
import type { Remedy } from '../provider-facts/refusals/refusal-row.ts'

/** A refusal of a server, with what it said around it. */
export interface Refused extends ServerReply {
  /** The command that it refused. */
  command?: string
  /** The error challenge that came before, decoded (RFC 7628 section 3.2.2). */
  challenge?: string | undefined
  /** Untagged lines that are meant for a person: `[ALERT]` and `[WEBALERT URL]`. */
  alerts?: readonly string[]
  /** It is the verdict on a credential that was sent. */
  isVerdict?: boolean
  /** It came in plain text, where anybody may have said it: no page that it names is advised. */
  isInPlainText?: boolean
}

/** No regular expression is run on more of what a server said. */
const longest = 400
const unknown = 'check what the documentation of the provider says about these words'

/**
 * The error of a login that was refused: the server's own words, and the next step. What only time
 * ends is provider_unavailable, with the time to wait; the rest is mail_login_refused.
 */
export function refusal(
  refused: Refused,
  facts: AccountFacts,
): MailLoginRefusedError | ProviderUnavailableError {
  const { command = '', code, text, challenge = '', alerts = [] } = refused
  const alert = short(alerts.join(' '))
  const reply = short(`${command} ${code} ${text.replaceAll('\n', ' ')}`)
  const message = [
    `the server refused: ${reply}`,
    ...(challenge === '' ? [] : [`its challenge was ${short(challenge)}`]),
    ...(alert === '' ? [] : [`it also said: ${alert}`]),
  ].join('; ')
  const { row, words } = findRow(refused, facts)
  const isVerdict = refused.isVerdict === true
  const fault = isVerdict ? 'credential' : 'server'
  if (row === undefined) {
    return new MailLoginRefusedError(message, { hint: unknown, fault, isOfToken: isVerdict })
  }
  const remedy: Remedy = facts.isAppOnly ? (row.appOnly ?? row) : row
  const said = minutesIn(words)
  const minutes = said ?? row.minutes ?? 5
  const url = refused.isInPlainText === true ? undefined : urlIn(words)
  const step = remedy.nextStep
    .replaceAll('{user}', facts.user)
    .replaceAll('{url}', url ?? 'the web page of the provider')
    .replaceAll('{minutes}', spell(minutes))
  const hint = `${row.meaning}: ${step}`
  return remedy.endedBy === 'waits'
    ? new ProviderUnavailableError(message, {
        hint,
        retryAfterMs: minutes * 60_000,
        isUsualWait: said === undefined,
      })
    : new MailLoginRefusedError(message, {
        hint,
        fault,
        isOfToken: isVerdict && row.isOfToken === true,
        ...(remedy.endedBy === 'administrator' ? { actor: 'administrator' } : {}),
      })
}

/** What a refusal of a message is about. */
export interface RefusalScope {
  /** A table has a row for what the server says of the account, or for its code in this place. */
  isKnown: boolean
  /** It is about whom the message is for, and not about the message. */
  isOfRecipient: boolean
}

/** RFC 3463 sections 3.2 and 3.3: of an address, or of a mailbox that is switched off, full, or a list. */
const ofRecipient = /^5\.(?:1\.\d{1,3}|2\.[124])\b/

/** What a refusal after the login is about, by the tables and by its code. */
export function refusalScope(refused: Refused, facts: AccountFacts): RefusalScope {
  const { row, words } = findRow(refused, facts)
  return {
    isKnown: row !== undefined && row.isOfMessage !== true,
    isOfRecipient: row?.isOfRecipient === true || ofRecipient.test(words),
  }
}

function findRow(refused: Refused, facts: AccountFacts) {
  const { text, alerts = [] } = refused
  const words = `${unfolded(short(text))} ${short(alerts.join(' '))}`.trim()
  return { row: findRefusal({ ...refused, text: words }, facts), words }
}

/** The lines of an SMTP reply as one, with the enhanced code of the first only (RFC 2034). */
function unfolded(text: string): string {
  return text.replaceAll(/\\x0a(?:[245]\.\d{1,3}\.\d{1,3} {0,2})?/g, ' ')
}

/** What the server says of how long to wait. */
function minutesIn(words: string): number | undefined {
  const backOff = /suggested backoff time: ?(\d{1,9}) ?milliseconds/i.exec(words)?.[1]
  if (backOff !== undefined) return Math.max(1, Math.ceil(Number(backOff) / 60_000))
  const [, count, unit = ''] =
    /\b(?:in|after) (\d{1,4}) ?(second|sec|minute|min|hour)/i.exec(words) ?? []
  if (count === undefined) return undefined
  const factor = /^h/i.test(unit) ? 60 : /^m/i.test(unit) ? 1 : 1 / 60
  return Math.max(1, Math.ceil(Number(count) * factor))
}

function urlIn(words: string): string | undefined {
  return /https?:\/\/[^\s<>()[\]"]{1,300}/.exec(words)?.[0]
}

function spell(minutes: number): string {
  if (minutes === 1) return 'a minute'
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`
}

function short(text: string): string {
  return printable(text.trim()).slice(0, longest)
}
