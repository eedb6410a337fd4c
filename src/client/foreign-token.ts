import { numberIn } from '../oauth/json-object.ts'

/** A refresh token of another program, with what the program noted about it. */
export interface ForeignToken {
  refreshToken: string
  /** Whose sign-in it is. */
  address?: string
  /** To whom it was given. */
  clientId?: string
  /** What the program calls the account, where that is not an address. */
  name?: string
  /** It is encrypted with a password that only its owner knows. */
  encryption?: { salt: string; iterations?: number }
}

/** What a program keeps under names of its own. */
export type Fields = Readonly<Record<string, unknown>>

/** What may be around a token without being part of it. */
export type Owner = Pick<ForeignToken, 'address' | 'clientId'>

const addressNames = ['email', 'user', 'username', 'account', 'remoteuser', 'userid', 'login']

/**
 * The refresh token in these fields, whatever the program calls it: `refresh_token`,
 * `refreshToken` or `oauth2_refresh_token`. What the fields do not say holds as for `owner`.
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

/** Only email-oauth2-proxy has a salt, and it encrypts whatever is beside it. */
function findEncryption(named: Map<string, unknown>): Pick<ForeignToken, 'encryption'> {
  const salt = named.get('tokensalt')
  if (!isFilled(salt)) return {}
  const iterations = numberIn(named.get('tokeniterations'))
  return { encryption: { salt, ...(iterations === undefined ? {} : { iterations }) } }
}

/** Whose fields these are, and which client's; what they do not say is `outer`'s. */
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

/** Names without what programs write differently in them. */
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
