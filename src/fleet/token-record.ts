import { fingerprint, Secret } from '../logging/secret.ts'
import type { FreshToken } from '../messages/renewer-jobs.ts'
import { openEnvelope, sealEnvelope } from '../sealing/envelope.ts'
import type { MasterKey } from '../sealing/master-key.ts'
import { listOf, number, openFields, optional, type Shape, text } from '../shapes/shape.ts'
import { numberBytes, parseLine } from './fleet-records.ts'

/** As it is sealed. What JSON leaves out is absent. */
interface TokenFields {
  access_token: string
  /** Epoch ms by the clock of the engine, as the host that got it knows that. */
  expires_at: number
  lifetime_ms: number
  scopes: string[]
  signed_in_at: number | undefined
  identity: string | undefined
  renewal_expires_at: number | undefined
  issuer: string | undefined
}

const tokenFieldsShape: Shape<TokenFields> = openFields<TokenFields>({
  access_token: text,
  expires_at: number,
  lifetime_ms: number,
  scopes: listOf(text),
  signed_in_at: optional(number),
  identity: optional(text),
  renewal_expires_at: optional(number),
  issuer: optional(text),
})

/** A token with the number and lifetime that all hosts know it by. */
export type SharedToken = FreshToken & { number: number; lifetimeMs: number }

/** Seals a token for all hosts, and who gave it. */
export function sealToken(
  user: string,
  token: SharedToken,
  key: MasterKey,
  issuer?: string,
): Buffer {
  const fields: TokenFields = {
    access_token: token.accessToken,
    expires_at: token.expiresAt,
    lifetime_ms: token.lifetimeMs,
    scopes: token.scopes,
    signed_in_at: token.signedInAt,
    identity: token.identity,
    renewal_expires_at: token.renewalExpiresAt,
    issuer,
  }
  const plaintext = Buffer.from(JSON.stringify(fields))
  return sealEnvelope(
    { user, kind: 'token', associated: numberBytes(token.number) },
    plaintext,
    key,
  )
}

/** The token of a record, or what is wrong with it. */
export function openToken(
  user: string,
  { n, sealed }: { n: number; sealed: Buffer },
  key: MasterKey,
): { token: SharedToken } | { defect: string } {
  const opened = openEnvelope({ user, kind: 'token', associated: numberBytes(n) }, sealed, key)
  if ('defect' in opened) return opened
  const fields = parseLine(opened.plaintext, tokenFieldsShape)
  if (fields === undefined) return { defect: 'its fields are not those of a token' }
  const {
    signed_in_at: signedInAt,
    identity,
    renewal_expires_at: renewalExpiresAt,
    issuer,
  } = fields
  return {
    token: {
      accessToken: fields.access_token,
      fingerprint: fingerprint(new Secret(fields.access_token)),
      expiresAt: fields.expires_at,
      lifetimeMs: fields.lifetime_ms,
      scopes: fields.scopes,
      isDurable: true,
      number: n,
      ...(signedInAt === undefined ? {} : { signedInAt }),
      ...(identity === undefined ? {} : { identity }),
      ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
      ...(issuer === undefined ? {} : { issuer }),
    },
  }
}
