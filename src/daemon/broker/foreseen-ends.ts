import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import type { ForeseenEnd as EndOnWire } from '../../messages/control-api.ts'
import { googleTestingLifetimeMs } from '../../provider-facts/google.ts'
import { factsOf } from '../../provider-facts/providers.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { readCertificateEnd } from './certificate-end.ts'

const hourMs = 60 * 60 * 1_000
const dayMs = 24 * hourMs
/** How long before its expiry a sign-in is warned of. */
const signInWarningMs = 7 * dayMs
/** A secret or certificate is often renewed by somebody else. */
const credentialWarningMs = 30 * dayMs

/** Something that expires on a known day, and without which there are no tokens. */
export interface ForeseenEnd {
  what: EndOnWire['what']
  /** Epoch ms. */
  at: number
  /** True where every refresh moves it on. */
  isSliding: boolean
  /** True from the day on which somebody should know. */
  isNear: boolean
  /** True once it has expired. */
  isPast: boolean
  /** One sentence without full stop. */
  reason: string
  /** What to do before. */
  nextStep: string
}

/** What of an account is known to expire, the next first. */
export function foreseenEnds(token: AccountToken, now: number): ForeseenEnd[] {
  const ends = [...signInEnds(token, now), ...credentialEnds(token.account, now)]
  return ends.toSorted((one, other) => one.at - other.at)
}

function signInEnds(token: AccountToken, now: number): ForeseenEnd[] {
  const { account, history, state } = token
  const { signedInAt, lastRefreshAt, newest } = history
  if (signedInAt === undefined || !needsSignIn(account)) return []
  if (state.name === 'sign_in_required') return []
  const nextStep = `run "cms-oauth login ${signInOwner(account)}"`
  const end = (at: number, isSliding: boolean, reason: string): ForeseenEnd => {
    const isNear = now >= at - signInWarningMs
    return { what: 'sign_in', at, isSliding, isNear, isPast: now >= at, reason, nextStep }
  }
  const ends: ForeseenEnd[] = []
  const announcedAt = newest?.renewalExpiresAt
  if (announcedAt !== undefined) {
    ends.push(end(announcedAt, false, whyAnnounced(account, announcedAt - signedInAt)))
  }
  const { idleLimitMs } = factsOf(account)
  if (idleLimitMs !== undefined && lastRefreshAt !== undefined) {
    const days = Math.round(idleLimitMs / dayMs)
    const reason = `the provider lets a sign-in expire that was not used for ${days} days`
    ends.push(end(lastRefreshAt + idleLimitMs, true, reason))
  }
  return ends
}

/** The expiry that the provider itself announced. */
function whyAnnounced({ provider }: Account, lifetimeMs: number): string {
  const isTesting = provider === 'gmail' && Math.abs(lifetimeMs - googleTestingLifetimeMs) <= hourMs
  return isTesting
    ? 'Google lets it expire after seven days while the app is in "Testing": publish the app'
    : 'the provider says so'
}

function credentialEnds(account: Account, now: number): ForeseenEnd[] {
  const { clientSecretExpiresAt, clientCertificate } = account
  const end = (what: ForeseenEnd['what'], at: number, reason: string, nextStep: string) => {
    const isNear = now >= at - credentialWarningMs
    return { what, at, isSliding: false, isNear, isPast: now >= at, reason, nextStep }
  }
  const ends: ForeseenEnd[] = []
  if (clientSecretExpiresAt !== undefined) {
    const nextStep =
      'make a new client secret in the app registration, configure it, and write its day into client_secret_expires'
    const reason = 'client_secret_expires says so'
    ends.push(end('client_secret', clientSecretExpiresAt, reason, nextStep))
  }
  const certificateEnd = clientCertificate && readCertificateEnd(clientCertificate.path)
  if (certificateEnd !== undefined) {
    const nextStep = 'make a new certificate, upload it to the app registration, and configure it'
    const reason = 'the certificate says so'
    ends.push(end('client_certificate', certificateEnd, reason, nextStep))
  }
  return ends
}
