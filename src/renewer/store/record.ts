import { Secret } from '../../logging/secret.ts'
import {
  anything,
  flag,
  listOf,
  number,
  oneOf,
  openFields,
  optional,
  text,
} from '../../shapes/shape.ts'
import type { Renewal } from '../providers/issued-token.ts'

/** What is kept of a sign-in: only what is needed to renew. Access tokens are never written. */
export interface StoredGrant {
  user: string
  provider: string
  /** As the account names it: who may see the renewal. Absent: sealed by an earlier version, which did not say it. */
  issuer?: string
  clientId: string
  renewal: Renewal
  scopes: string[]
  /** Epoch ms of the sign-in or import. */
  signedInAt: number
  /** Epoch ms of the newest successful refresh. */
  refreshedAt: number
  /** The address that the provider returned, where it returned one. */
  identity?: string
  /** Whose the sign-in is, in the provider's own terms (the claim `sub`); absent: not said. */
  subject?: string
  /** Unconfirmed: of whom it is, where that is not whom the account requires; absent: not known yet. */
  addresses?: string[]
  /**
   * Unconfirmed: the account had a sign-in when this one began. Where it has none by now, somebody has signed
   * out since, and that holds for this one too. Of one that began without, no record tells that: who has
   * signed in and out at another host in between may find it signed in when its host comes back.
   */
  isReplacement?: boolean
  /** Unconfirmed: the SHA-256 of the foreign refresh token that it was exchanged for. */
  importedFrom?: string
  /** Epoch ms at which the provider says the renewal expires in any case; absent: not said. */
  renewalExpiresAt?: number
  /** While it is not yet in a store that hosts share: what it takes the place of there. */
  lineage?: Lineage
}

/** Where a grant comes from, by which a host that comes late sees that it was overtaken. */
export interface Lineage {
  /** The claim under which it was got. */
  job: string
  /** Of the grant before it; 0: there was none. */
  number: number
  /** Of the grant before it; absent: there was none. */
  revision?: string
  /** A sign-in of its own, which takes the place of whatever is older. */
  isSignIn: boolean
}

/** As it is sealed. What JSON leaves out is absent. */
interface RecordFields {
  user: string
  provider: string
  issuer: string | undefined
  client_id: string
  renewal: { kind: 'refresh_token'; refresh_token: string }
  scopes: string[]
  signed_in_at: number
  refreshed_at: number
  identity: string | undefined
  subject: string | undefined
  addresses: string[] | undefined
  is_replacement: boolean | undefined
  imported_from: string | undefined
  renewal_expires_at: number | undefined
  lineage: LineageFields | undefined
}

interface LineageFields {
  job: string
  number: number
  revision: string | undefined
  is_sign_in: boolean
}

const recordShape = openFields<RecordFields>({
  user: text,
  provider: text,
  issuer: optional(text),
  client_id: text,
  renewal: openFields<RecordFields['renewal']>({
    kind: oneOf(['refresh_token']),
    refresh_token: text,
  }),
  scopes: listOf(text),
  signed_in_at: number,
  refreshed_at: number,
  identity: optional(text),
  subject: optional(text),
  addresses: optional(listOf(text)),
  is_replacement: optional(flag),
  imported_from: optional(text),
  // An earlier version wrote what no date can show: no reason to lose the sign-in.
  renewal_expires_at: anything,
  lineage: optional(
    openFields<LineageFields>({
      job: text,
      number,
      revision: optional(text),
      is_sign_in: flag,
    }),
  ),
})

/** The bytes to seal. */
export function encodeRecord(grant: StoredGrant): Buffer {
  const { renewal } = grant
  const record: RecordFields = {
    user: grant.user,
    provider: grant.provider,
    issuer: grant.issuer,
    client_id: grant.clientId,
    renewal: { kind: renewal.kind, refresh_token: renewal.refreshToken.reveal() },
    scopes: grant.scopes,
    signed_in_at: grant.signedInAt,
    refreshed_at: grant.refreshedAt,
    identity: grant.identity,
    subject: grant.subject,
    addresses: grant.addresses,
    is_replacement: grant.isReplacement,
    imported_from: grant.importedFrom,
    renewal_expires_at: grant.renewalExpiresAt,
    lineage: lineageFields(grant.lineage),
  }
  return Buffer.from(JSON.stringify(record))
}

/** The grant of opened bytes; undefined where they are not a record of this version. */
export function decodeRecord(bytes: Buffer): StoredGrant | undefined {
  const value: unknown = JSON.parse(bytes.toString('utf8'))
  if (recordShape(value) !== undefined) return undefined
  const data = value as RecordFields
  const { renewal_expires_at: renewalExpiresAt } = data
  return {
    user: data.user,
    provider: data.provider,
    ...(data.issuer === undefined ? {} : { issuer: data.issuer }),
    clientId: data.client_id,
    renewal: { kind: data.renewal.kind, refreshToken: new Secret(data.renewal.refresh_token) },
    scopes: data.scopes,
    signedInAt: data.signed_in_at,
    refreshedAt: data.refreshed_at,
    ...(data.identity === undefined ? {} : { identity: data.identity }),
    ...(data.subject === undefined ? {} : { subject: data.subject }),
    ...(data.addresses === undefined ? {} : { addresses: data.addresses }),
    ...(data.is_replacement === true ? { isReplacement: true } : {}),
    ...(data.imported_from === undefined ? {} : { importedFrom: data.imported_from }),
    ...(isMoment(renewalExpiresAt) ? { renewalExpiresAt } : {}),
    ...(data.lineage === undefined ? {} : { lineage: lineageOf(data.lineage) }),
  }
}

function lineageFields(lineage: Lineage | undefined): LineageFields | undefined {
  if (lineage === undefined) return undefined
  const { job, number: before, revision, isSignIn } = lineage
  return { job, number: before, revision, is_sign_in: isSignIn }
}

function lineageOf({
  job,
  number: before,
  revision,
  is_sign_in: isSignIn,
}: LineageFields): Lineage {
  return { job, number: before, isSignIn, ...(revision === undefined ? {} : { revision }) }
}

/** True for epoch ms that a date can show. */
function isMoment(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime())
}
