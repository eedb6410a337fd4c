import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { errorFinding, type Finding, warning } from '../../configuration/finding.ts'
import { parseTcpAddress } from '../../configuration/listen-address.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { BridgePlace, BridgesAnswer, BridgeTrouble } from '../../messages/bridge-api.ts'
import type { AccountStatus } from '../../messages/control-api.ts'
import { bridgeTroubleText } from '../bridge-troubles-text.ts'
import { checkBridgeCertificates } from './bridge-certificate-check.ts'
import { checkBridge, uselessPasswords } from './bridge-check.ts'
import type { Survey } from './survey.ts'

/** Everything about the bridges, or about those that serve the address that was named. */
export async function checkBridges(seen: Survey): Promise<Finding[]> {
  if (!('pid' in seen.daemon)) return []
  const nothing: BridgesAnswer = { bridges: [], troubles: [] }
  const overview = await orElse(nothing, seen.control.bridges())
  const tried = seen.bridges.length === 0 ? [] : await tryBridges(seen, seen.daemon.uid, overview)
  // Those of what an outbox listens by are among them, with or without a [[bridge]].
  const troubles = overview.troubles.filter(({ user }) => {
    return seen.user === undefined || user === null || user === seen.user
  })
  return [...tried, ...troubles.map(troubleFinding)]
}

async function tryBridges(
  { bridges, control, user, accounts, unread }: Survey,
  daemonUid: number,
  overview: BridgesAnswer,
): Promise<Finding[]> {
  const [passwords, certificate] = await Promise.all([
    control.passwords().catch(asOurs),
    orElse(undefined, control.bridgeCertificate()),
  ])
  const served = withPlaces(bridges, overview.bridges).filter(({ accounts }) => {
    return user === undefined || accounts.some((account) => account.user === user)
  })
  const isKnown = !isCmsOauthError(passwords)
  const findings = checkBridgeCertificates(served, certificate)
  if (!isKnown) findings.push(errorFinding('bridge', passwords))
  for (const bridge of served) {
    const account = accountToTry(bridge, accounts)
    const makePassword = () => control.trialPassword()
    const trial = account === undefined ? undefined : { user: account, daemonUid, makePassword }
    findings.push(...(await checkBridge(bridge, isKnown ? passwords : undefined, trial)))
  }
  if (user !== undefined || !isKnown || unread !== undefined) return findings
  const users = accounts.map((account) => account.user)
  return [...findings, ...uselessPasswords(passwords, users)]
}

async function orElse<T>(fallback: T, answer: Promise<T>): Promise<T> {
  const outcome = await answer.catch(asOurs)
  return isCmsOauthError(outcome) ? fallback : outcome
}

function asOurs(error: unknown): CmsOauthError {
  if (isCmsOauthError(error)) return error
  throw error
}

/** Where the daemon listens: systemd's sockets are not in the file. */
function withPlaces(
  bridges: readonly BridgeConfiguration[],
  places: readonly BridgePlace[],
): readonly BridgeConfiguration[] {
  const isSame = bridges.every(({ protocol }, index) => places[index]?.protocol === protocol)
  if (places.length !== bridges.length || !isSame) return bridges
  return bridges.map((bridge, index) => {
    const listen = places[index]?.listen ?? []
    return { ...bridge, listen: listen.map((text) => parseTcpAddress(text) ?? { path: text }) }
  })
}

/** One that has a token, and that the bridge takes the visitor for. */
function accountToTry(
  { accounts, account, accountBySender, callers }: BridgeConfiguration,
  states: readonly AccountStatus[],
): string | undefined {
  const isChosen = callers.includes('password') || accountBySender
  const possible = isChosen ? accounts.map(({ user }) => user) : [account]
  const ready = states.filter(({ expires_at: expiresAt }) => expiresAt !== null)
  return ready.map(({ user }) => user).find((user) => possible.includes(user))
}

function troubleFinding(trouble: BridgeTrouble): Finding {
  const hint = trouble.hint || 'see the log of cms-oauthd for "bridge."'
  return warning('bridge', bridgeTroubleText(trouble), hint)
}
