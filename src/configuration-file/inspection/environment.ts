import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Account } from '../../accounts/account.ts'
import { failure, errorFinding, type Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { extraAuthorities } from '../../https/extra-authorities.ts'
import { proxyFor } from '../../https/proxy.ts'
import { isOfSetClock } from '../../schedule/set-clock.ts'

/** Checks the proxy, the certificate authorities and the clock. */
export function environmentFindings(
  accounts: readonly Account[],
  env: NodeJS.ProcessEnv,
  now = Date.now(),
): Finding[] {
  return [...proxyFindings(accounts, env), ...authorityFindings(env), ...clockFindings(now)]
}

function proxyFindings(accounts: readonly Account[], env: NodeJS.ProcessEnv): Finding[] {
  const origins = new Set(accounts.map(({ issuer }) => issuer))
  const found = new Map<string, Finding>()
  for (const origin of origins) {
    try {
      // Google goes by its name.
      proxyFor(URL.canParse(origin) ? origin : 'https://oauth2.googleapis.com', env)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      found.set(error.message, errorFinding('proxy', error))
    }
  }
  return [...found.values()]
}

/** Node only prints a warning, which nobody reads, and continues without them. */
function authorityFindings(env: NodeJS.ProcessEnv): Finding[] {
  const path = extraAuthorities(env)
  if (path === undefined) return []
  const fault = authorityFault(path)
  if (fault === undefined) return []
  const text = `NODE_EXTRA_CA_CERTS names "${path}", which ${fault}`
  const hint =
    'name a file with certificates in PEM that the user of cms-oauthd may read, and restart it'
  return [failure('authorities', 'config_invalid', text, hint)]
}

function authorityFault(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const [first] =
      /-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]*-----END \1?CERTIFICATE-----/.exec(text) ?? []
    if (first === undefined) return 'holds no certificate in PEM'
    return isCertificate(first) ? undefined : 'begins with a certificate that cannot be read'
  } catch (error) {
    return `cannot be read: ${withErrnoWords((error as NodeJS.ErrnoException).code)}`
  }
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined
  } catch {
    return false
  }
}

function clockFindings(now: number): Finding[] {
  if (isOfSetClock(now)) return []
  const text = `the clock of this machine says ${new Date(now).toISOString().slice(0, 10)}`
  const hint = 'set the clock: "timedatectl set-ntp true", or start an NTP program'
  return [failure('clock', 'config_invalid', text, hint)]
}
