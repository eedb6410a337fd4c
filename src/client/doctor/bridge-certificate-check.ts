import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { failure, type Finding, ok, warning } from '../../configuration/finding.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { isoTime } from '../../schedule/iso-time.ts'

const dayMs = 86_400_000
/** Whoever renews it automatically has done so by then. */
const nearMs = 14 * dayMs

/** Until when the certificates of these bridges are good, and whose trust they need. */
export function checkBridgeCertificates(
  bridges: readonly BridgeConfiguration[],
  shared: { expires_at: string } | undefined,
  now = Date.now(),
): Finding[] {
  const secured = bridges.filter(({ tls }) => tls !== 'off')
  const files = new Set(secured.flatMap(({ certificate }) => certificate?.path ?? []))
  const own = [...files].map((path) => checkFile(path, now))
  const isShared = secured.some(({ certificate }) => certificate === undefined)
  if (!isShared || shared === undefined) return own
  const day = shared.expires_at.slice(0, 10)
  const text = `self-made, until ${day}: programs must trust what "cms-oauth bridge certificate" prints`
  return [ok('certificate', text), ...own]
}

function checkFile(path: string, now: number): Finding {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(readFileSync(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === undefined ? 'it is not a certificate in PEM' : withErrnoWords(code)
    const hint = 'run doctor as the user of cms-oauthd, or check the file'
    return warning('certificate', `${path}: not checked: ${reason}`, hint)
  }
  const expiresAt = Date.parse(certificate.validTo)
  const until = `${path}: until ${isoTime(expiresAt).slice(0, 10)}`
  const hint = 'renew it; cms-oauthd takes the new files within 12 hours, or at "cms-oauth reload"'
  if (expiresAt <= now) return failure('certificate', 'config_invalid', `${until}: expired`, hint)
  if (expiresAt - now < nearMs) return warning('certificate', until, hint)
  const isSelfSigned = certificate.checkIssued(certificate)
  return ok('certificate', isSelfSigned ? `${until}; programs must be told to trust it` : until)
}
