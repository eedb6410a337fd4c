/**
 * What the keys of an engine that hosts share hold: one line of JSON in clear and, where something is
 * sealed, a line feed and the sealed bytes. Fields that are not known here are of a newer version and
 * change nothing; what has another form is left alone.
 */
import { parseJsonAs } from '../shapes/parse-json-as.ts'
import { number, openFields, optional, type Shape, text, where } from '../shapes/shape.ts'

/** A grant. */
export interface GrantHead {
  /** Counts the grants of the account since its sign-in; it is in the associated data of the seal. */
  n: number
  /** The host that wrote it. */
  by: string
  /** The claim under which it was written. */
  job: string
  /** Epoch ms. */
  at: number
}

/** An access token; `n` is of the grant that it was got by, and is sealed with it too. */
export type TokenHead = Omit<GrantHead, 'job'>

/** Who works on an account. */
export interface Lock {
  job: string
  host: string
  /** Which run of its kernel, for those who have the same name; absent: an earlier version does not say it. */
  boot?: string
}

/** Who may have presented the refresh token of grant n. */
export interface Intent extends Lock {
  at: number
  n: number
}

/** Of what is sealed about a refusal of grant n. */
interface FailureHead {
  n: number
  /** Epoch ms. */
  until: number
}

const sealedLimitBytes = 1024 * 1024
const lineFeed = 0x0a
/** Of a host (RFC 1035 section 2.3.4). */
const longestName = 255
const counter = where<number>((value) => Number.isSafeInteger(value) && (value as number) >= 0)
const lock = { job: text, host: text, boot: optional(text) }
const tokenHead = { n: counter, by: text, at: number }

const grantShape: Shape<GrantHead> = openFields<GrantHead>({ ...tokenHead, job: text })
const tokenShape: Shape<TokenHead> = openFields<TokenHead>(tokenHead)
const lockShape: Shape<Lock> = openFields<Lock>(lock)
const intentShape: Shape<Intent> = openFields<Intent>({ ...lock, at: number, n: counter })
const failureShape: Shape<FailureHead> = openFields<FailureHead>({ n: counter, until: number })

/** What a key is to hold; with `sealed` behind it. */
export function encodeFleetRecord(head: object, sealed?: Buffer): Buffer {
  const line = JSON.stringify(head)
  return sealed === undefined
    ? Buffer.from(line)
    : Buffer.concat([Buffer.from(`${line}\n`), sealed])
}

/** A grant as it was written; undefined: it has another form. */
export function parseGrantRecord(value: Buffer): (GrantHead & { sealed: Buffer }) | undefined {
  return parseSealed(value, grantShape)
}

/** An access token as it was written; undefined: it has another form. */
export function parseTokenRecord(value: Buffer): (TokenHead & { sealed: Buffer }) | undefined {
  return parseSealed(value, tokenShape)
}

/** A refusal as it was written; undefined: it has another form. */
export function parseFailureRecord(value: Buffer): (FailureHead & { sealed: Buffer }) | undefined {
  return parseSealed(value, failureShape)
}

/** A lock; undefined: it has another form. */
export function parseLock(value: Buffer): Lock | undefined {
  return named(parseLine(value, lockShape))
}

/** An intent; undefined: it has another form. */
export function parseIntent(value: Buffer): Intent | undefined {
  return named(parseLine(value, intentShape))
}

/** The object of a line of JSON; undefined: it has another form. */
export function parseLine<T extends object>(line: Buffer, shape: Shape<T>): T | undefined {
  if (line.length > sealedLimitBytes) return undefined
  return parseJsonAs(line.toString('utf8'), shape)
}

/** Whoever may write there may write any name: of ours none is longer, and each is one line. */
function named<T extends Lock>(record: T | undefined): T | undefined {
  if (record === undefined) return undefined
  const host = record.host.slice(0, longestName).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return { ...record, host: host.trim() === '' ? 'unknown' : host }
}

function parseSealed<T extends object>(
  value: Buffer,
  shape: Shape<T>,
): (T & { sealed: Buffer }) | undefined {
  const end = value.indexOf(lineFeed)
  if (end === -1) return undefined
  const head = parseLine(value.subarray(0, end), shape)
  return head && { ...head, sealed: value.subarray(end + 1) }
}

/** The same record, as its line in clear is, with other sealed bytes. */
export function withSealed(value: Buffer, sealed: Buffer): Buffer {
  return Buffer.concat([value.subarray(0, value.indexOf(lineFeed) + 1), sealed])
}

/** A record's number, as it joins the associated data of the seal. */
export function numberBytes(n: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(n))
  return bytes
}
