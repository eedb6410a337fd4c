import { numberIn } from '../oauth/json-object.ts'
import {
  type Fields,
  findOwner,
  findToken,
  type ForeignToken,
  type Owner,
} from './foreign-token.ts'

/** No program keeps a token deeper than this. */
const maximumDepth = 8

/**
 * The refresh tokens in JSON, the newest last: of mutt_oauth2.py, sasl-xoauth2, oama, Google's
 * libraries and all others that write `refresh_token` into an object, at any level; and of MSAL.
 */
export function tokensInJson(value: unknown, owner: Owner = {}, depth = 0): ForeignToken[] {
  if (typeof value !== 'object' || value === null || depth > maximumDepth) return []
  if (isFields(value)) {
    if (isFields(value['RefreshToken'])) return tokensInMsalCache(value, value['RefreshToken'])
    const found = findToken(value, owner)
    if (found !== undefined) return [found]
  }
  const inner = isFields(value) ? findOwner(value, owner) : owner
  return Object.entries(value).flatMap(([name, child]) =>
    tokensInJson(child, name.includes('@') ? { ...inner, address: name } : inner, depth + 1),
  )
}

/** MSAL's unified cache: the address is in the account that an entry belongs to. */
function tokensInMsalCache({ Account }: Fields, entries: Fields): ForeignToken[] {
  const accounts = isFields(Account) ? Object.values(Account).filter(isFields) : []
  return Object.values(entries)
    .filter(isFields)
    .toSorted((a, b) => lastModified(a) - lastModified(b))
    .map(({ secret, home_account_id: home, client_id }) => {
      const account = accounts.find(({ home_account_id }) => home_account_id === home)
      return {
        refreshToken: typeof secret === 'string' ? secret.trim() : '',
        ...findOwner({ username: account?.['username'], client_id }),
      }
    })
}

function lastModified({ last_modification_time: time }: Fields): number {
  return numberIn(time) ?? 0
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
