import { type Finding, ok, warning } from '../../configuration/finding.ts'
import { exchangeAudience } from '../../provider-facts/microsoft.ts'

/** The claims of a token that may be shown. */
interface Claims {
  audience: string
  /** Epoch ms. */
  issuedAt?: number
  expiresAt?: number
}

/** The longest tokens that mail programs accept, in characters. */
const limits = [
  { characters: 3_036, programs: 'exim and msmtp' },
  { characters: 2_998, programs: 'msmtp with OAUTHBEARER' },
  { characters: 510, programs: 'old versions of neomutt with OAUTHBEARER' },
]
/**
 * Every Microsoft token is too long for old versions of neomutt: that alone is not worth a warning.
 */
const usualLength = 2_998

/** Audience, age and length of an access token; nothing of the token itself is in the findings. */
export function checkToken(
  { user, provider }: { user: string; provider: string },
  accessToken: string,
  now: number,
): Finding[] {
  const claims = parseClaims(accessToken)
  return [
    ...(claims === undefined ? [] : [claimsFinding(user, provider, claims, now)]),
    lengthFinding(user, accessToken.length),
  ]
}

function claimsFinding(
  user: string,
  provider: string,
  { audience, issuedAt, expiresAt }: Claims,
  now: number,
): Finding {
  const age = issuedAt === undefined ? '' : `, issued ${minutes(now - issuedAt)} ago`
  const rest = expiresAt === undefined ? '' : `, expires in ${minutes(expiresAt - now)}`
  const text = `${user}: for "${audience}"${age}${rest}`
  if (provider === 'office365' && !exchangeAudience.test(audience)) {
    const hint =
      'ask for the scopes of Outlook (such as https://outlook.office.com/SMTP.Send), not of Graph'
    return warning('token', `${text}, which is not the mail server's`, hint)
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    return warning('token', `${user}: it has expired, by its own claims`, 'compare the clock')
  }
  return ok('token', text)
}

function lengthFinding(user: string, length: number): Finding {
  const short = limits.filter(({ characters }) => length > characters)
  const text = `${user}: ${length} characters`
  if (short.length === 0) return ok('token', `${text}, within the limits of every mail program`)
  const list = short.map(({ characters, programs }) => `${programs} (${characters})`).join(', ')
  const remark = `${text}; too long for ${list}`
  if (length <= usualLength) return ok('token', remark)
  return warning('token', remark, 'use another mail program, or ask for fewer scopes')
}

/**
 * The claims of a JSON Web Token (RFC 7519); undefined for a token that only its issuer can read,
 * like Google's.
 */
function parseClaims(accessToken: string): Claims | undefined {
  const [, payload = '', signature] = accessToken.split('.')
  if (signature === undefined) return undefined
  try {
    const text = Buffer.from(payload, 'base64url').toString('utf8')
    const { aud, iat, exp } = JSON.parse(text) as Record<string, unknown>
    return {
      audience: printableClaim([aud].flat().join(' ')),
      ...(typeof iat === 'number' ? { issuedAt: iat * 1_000 } : {}),
      ...(typeof exp === 'number' ? { expiresAt: exp * 1_000 } : {}),
    }
  } catch {
    return undefined
  }
}

function printableClaim(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 200)
}

function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} min`
}
