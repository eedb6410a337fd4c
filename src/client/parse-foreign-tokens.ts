import { UsageError } from '../errors.ts'
import { parseJson } from '../shapes/parse-json.ts'
import type { ForeignToken } from './foreign-token.ts'
import { tokensInJson } from './foreign-tokens-in-json.ts'
import { isNamed, tokensInLines } from './foreign-tokens-in-lines.ts'

const knownShapes =
  'known are a bare refresh token, "refresh_token=...", and what mutt_oauth2.py (decrypted), sasl-xoauth2, oama ("oama show"), Google\'s libraries, offlineimap, email-oauth2-proxy, MSAL and "pizauth dump" keep'

/**
 * The refresh tokens in another program's file, the newest last: an MSAL cache and a file with
 * sections may hold several, every other shape one.
 * @throws UsageError that repeats nothing of the input
 */
export function parseForeignTokens(input: string): ForeignToken[] {
  const text = input.trim()
  // jq, Python and JavaScript print these for a missing value.
  if (/^(|null|None|undefined)$/.test(text)) throw noToken()
  requireDecrypted(text)
  const tokens = isJson(text) ? inJson(text) : inLines(text.split(/\r?\n/))
  const filled = tokens.filter(({ refreshToken }) => isToken(refreshToken))
  if (filled.length > 0) return filled
  throw new UsageError('the refresh token in standard input is empty, or is not a token', {
    hint: `${knownShapes}; what is encrypted must be decrypted first`,
  })
}

/** A file with sections begins like a list. */
function isJson(text: string): boolean {
  const [first = ''] = text.split('\n', 1)
  return /^[{["]/.test(text) && !/^\[[^[\]{}"]*[A-Za-z][^[\]{}"]*\]$/.test(first.trimEnd())
}

function inJson(text: string): ForeignToken[] {
  const value = parseJson(text)
  if (value === undefined) {
    throw new UsageError('standard input starts like JSON, but is not JSON', {
      hint: 'it may have been cut off on its way',
    })
  }
  const tokens = typeof value === 'string' ? [{ refreshToken: value }] : tokensInJson(value)
  // An MSAL cache may be empty; any other JSON without a token has an unknown shape.
  if (tokens.length > 0 || (isObject(value) && 'RefreshToken' in value)) return tokens
  throw new UsageError('standard input is JSON of a shape that is not known', { hint: knownShapes })
}

function inLines(lines: readonly string[]): ForeignToken[] {
  const named = tokensInLines(lines)
  if (named.length > 0) return named
  const first = lines[0]?.trim() ?? ''
  if (isNamed(first)) throw noToken()
  return [{ refreshToken: first }]
}

/** What mutt_oauth2.py, oama and pass keep is encrypted as a whole. @throws UsageError */
function requireDecrypted(text: string): void {
  // A packet of OpenPGP begins with a byte above 127 (RFC 9580 section 4.2), which is not UTF-8 then.
  const isOpenPgp = text.startsWith('-----BEGIN PGP MESSAGE') || text.startsWith('\ufffd')
  const isAge = text.startsWith('age-encryption.org/') || text.startsWith('-----BEGIN AGE')
  if (!isOpenPgp && !isAge) return
  throw new UsageError(`standard input is encrypted${isAge ? ' with age' : ''}`, {
    hint: isAge
      ? 'decrypt it first: "age --decrypt -i KEY FILE | cms-oauth import ADDRESS"'
      : 'decrypt it first: "gpg --decrypt FILE | cms-oauth import ADDRESS", or "oama show ADDRESS | cms-oauth import ADDRESS"',
  })
}

function noToken(): UsageError {
  return new UsageError('standard input holds no refresh token', { hint: knownShapes })
}

/** RFC 6749 appendix A.17, without the space that no server uses: armour and prose are not tokens. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
