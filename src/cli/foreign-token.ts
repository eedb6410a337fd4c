import { UsageError } from '../errors.ts'

/** A refresh token of another program, with what the program noted about it. */
export interface ForeignToken {
  refreshToken: string
  /** Whose sign-in it is. */
  address?: string
  /** To whom it was given. */
  clientId?: string
}

type Fields = Record<string, unknown>

const knownShapes =
  'known are a bare refresh token and what mutt_oauth2.py (decrypted), sasl-xoauth2, oama ("oama show") and MSAL keep'

/**
 * The refresh tokens in another program's file, the newest last: an MSAL cache holds several, every
 * other shape one.
 * @throws UsageError that repeats nothing of the input
 */
export function parseForeignTokens(input: string): ForeignToken[] {
  const text = input.trim()
  if (text === '') {
    throw new UsageError('standard input holds no refresh token', { hint: knownShapes })
  }
  const tokens = /^[{["]/.test(text) ? inJson(parseFields(text)) : [inLines(text.split('\n'))]
  const filled = tokens.filter(({ refreshToken }) => isToken(refreshToken))
  if (filled.length > 0) return filled
  throw new UsageError('the refresh token in standard input is empty, or no token', {
    hint: `${knownShapes}; what is encrypted must be decrypted first`,
  })
}

function inJson(fields: Fields): ForeignToken[] {
  const { RefreshToken, refresh_token, email, user, client_id } = fields
  if (isFields(RefreshToken)) return inMsalCache(fields, RefreshToken)
  // mutt_oauth2.py and oama write `email`, sasl-xoauth2 `user`; a bare token response has neither.
  if (typeof refresh_token === 'string') {
    return [foreignToken(refresh_token, isFilled(email) ? email : user, client_id)]
  }
  throw new UsageError('standard input is JSON of a shape that is not known', { hint: knownShapes })
}

/** MSAL's unified cache: the address stands with the account that an entry belongs to. */
function inMsalCache({ Account }: Fields, entries: Fields): ForeignToken[] {
  const accounts = isFields(Account) ? Object.values(Account).filter(isFields) : []
  const lastModified = ({ last_modification_time: time }: Fields) => Number(time) || 0
  return Object.values(entries)
    .filter(isFields)
    .toSorted((a, b) => lastModified(a) - lastModified(b))
    .map(({ secret, home_account_id: home, client_id }) => {
      const account = accounts.find(({ home_account_id }) => home_account_id === home)
      return foreignToken(isFilled(secret) ? secret : '', account?.['username'], client_id)
    })
}

/** The lines of "oama show"; else the first is the token. */
function inLines(lines: string[]): ForeignToken {
  const named = new Map(
    lines.map((line) => [/^\w+(?=: )/.exec(line)?.[0], line.replace(/^\w+: /, '').trim()]),
  )
  const refreshToken = named.get('refresh_token')
  if (refreshToken === undefined) return { refreshToken: lines[0]?.trim() ?? '' }
  return foreignToken(refreshToken, named.get('email'), undefined)
}

function foreignToken(refreshToken: string, address: unknown, clientId: unknown): ForeignToken {
  return {
    refreshToken: refreshToken.trim(),
    ...(isFilled(address) && address.includes('@') ? { address } : {}),
    ...(isFilled(clientId) ? { clientId } : {}),
  }
}

function parseFields(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : {}
  } catch {
    throw new UsageError('standard input begins like JSON, and is none', {
      hint: 'it may have been cut off on its way',
    })
  }
}

/** RFC 6749 appendix A.17, without the space that no server uses: armour and prose are no tokens. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
