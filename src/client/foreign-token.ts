import { numberIn } from '../oauth/json-object.ts'

/** A refresh token of another program, with what that program stored about it. */
export interface ForeignToken {
  refreshToken: string
  /** Whose sign-in it is. */
  address?: string
  /** The client it was issued to. */
  clientId?: string
  /** What the program calls the account, where that is not an address. */
  name?: string
  /** Encrypted with a password that only its owner knows. */
  encryption?: { salt: string; iterations?: number }
}

/** The fields of a program's file, under its own names. */
export type Fields = Readonly<Record<string, unknown>>

/** What may be known of a token from around it. */
export type Owner = Pick<ForeignToken, 'address' | 'clientId'>

const addressNames = ['email', 'user', 'username', 'account', 'remoteuser', 'userid', 'login']

/**
 * The refresh token in these fields, under any of these names: `refresh_token`, `refreshToken` or
 * `oauth2_refresh_token`. What the fields do not say is taken from `owner`.
 */
export function findToken(fields: Fields, owner: Owner = {}): ForeignToken | undefined {
  const named = normalize(fields)
  const refreshToken = named.get('refreshtoken')
  if (typeof refreshToken !== 'string') return undefined
  return {
    refreshToken: refreshToken.trim(),
    ...findOwner(fields, owner),
    ...findEncryption(named),
  }
}

/** Only email-oauth2-proxy writes a salt, and it encrypts the tokens beside it. */
function findEncryption(named: Map<string, unknown>): Pick<ForeignToken, 'encryption'> {
  const salt = named.get('tokensalt')
  if (!isFilled(salt)) return {}
  const iterations = numberIn(named.get('tokeniterations'))
  return { encryption: { salt, ...(iterations === undefined ? {} : { iterations }) } }
}

/**
 * The address and client that these fields belong to; what they do not say is taken from `outer`.
 */
export function findOwner(fields: Fields, outer: Owner = {}): Owner {
  const named = normalize(fields)
  const address = addressNames.map((name) => named.get(name)).find(isAddressed)
  const clientId = named.get('clientid')
  return {
    ...outer,
    ...(address === undefined ? {} : { address }),
    ...(isFilled(clientId) ? { clientId } : {}),
  }
}

/** Names without the characters and case that programs write differently. */
function normalize(fields: Fields): Map<string, unknown> {
  return new Map(
    Object.entries(fields).map(([name, value]) => [
      name
        .toLowerCase()
        .replaceAll(/[_-]/g, '')
        .replace(/^oauth2?/, ''),
      value,
    ]),
  )
}

/** A login name without a domain says nothing about whose mailbox it is. */
export function isAddressed(value: unknown): value is string {
  return isFilled(value) && value.includes('@')
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
