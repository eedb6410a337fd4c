import {
  controlSocketSubject,
  errorFinding,
  type Finding,
  ok,
  warning,
} from '../../configuration/finding.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { AccountStatus, UnusedSignIn } from '../../messages/control-api.ts'
import { type Protocol, protocols } from '../../sasl/output-format.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'
import { readCredential } from '../read-credential.ts'
import { checkAccount } from './account-check.ts'
import { checkDaemon } from './daemon-check.ts'
import { checkLibraries } from './libraries-check.ts'
import { checkLogin, serverFor } from './login-check.ts'
import { checkOutboxes } from './outboxes-check.ts'
import { checkSession } from './session-check.ts'
import { checkSocket } from './socket-check.ts'
import { checkStore } from './store-check.ts'
import { checkSurroundings } from './surroundings-check.ts'
import { isLoaded, serves, type Survey } from './survey.ts'
import { checkToken } from './token-check.ts'

/** All but that of the configuration, in the order in which they are told. */
export function checksOf(
  seen: Survey,
  options: CommandLine['options'],
): (() => Promise<Finding[]>)[] {
  const { daemon, accounts, unread, sockets, store, controlPath, unusedSignIns } = seen
  const isServing = 'pid' in daemon
  const around = checkSurroundings(seen)
  return [
    async () =>
      isServing
        ? [...checkDaemon(daemon, controlPath), ...(await checkSession(daemon))]
        : noDaemon(daemon, seen, await around),
    async () => (store === undefined ? [] : checkStore(store)),
    () => around,
    ...sockets.map((socket) => () => checkSocket(socket, isServing ? daemon.uid : undefined)),
    async () => (await import('./bridges-check.ts')).checkBridges(seen),
    () => checkOutboxes(seen),
    async () => (isServing && unread !== undefined ? [errorFinding('account', unread)] : []),
    ...accounts.map((account) => async () => {
      return [...checkAccount(account), ...(await checkTokens(account, seen, options))]
    }),
    async () => [...unusedSignIns.map(unusedFinding), checkLibraries()],
  ]
}

function unusedFinding({ user, reason }: UnusedSignIn): Finding {
  const text = `${user}: signed in, but not in use: ${reason}`
  return warning('sign-in', text, `put it to use again, or run "cms-oauth logout ${user}"`)
}

/** What is in the way of the control socket is reported once, with the step that ends it. */
function isControlSocketBlocked({ configuration, controlPath }: Survey, around: Finding[]) {
  if (!isLoaded(configuration) || configuration.control.path !== controlPath) return false
  return around.some(({ level, subject }) => {
    return level === 'failure' && subject === controlSocketSubject
  })
}

function noDaemon(error: CmsOauthError, seen: Survey, around: Finding[]): Finding[] {
  if (isControlSocketBlocked(seen, around)) return []
  const finding = errorFinding('daemon', error)
  const missed = 'without it, renewer, providers, clock, accounts and tokens cannot be checked'
  return [{ ...finding, hint: `${finding.hint}; ${missed}` }]
}

/**
 * Checks the tokens that mail programs are given: their content, and whether mail servers accept
 * them.
 */
async function checkTokens(
  account: AccountStatus,
  seen: Survey,
  options: CommandLine['options'],
): Promise<Finding[]> {
  const { user, expires_at: expiresAt } = account
  const findings: Finding[] = []
  if (account.sends_by != null) return [sendsOnly(account)]
  if (account.resource != null) return [forResource(account)]
  if (expiresAt === null) return findings
  const { configuration } = seen
  const entries = isLoaded(configuration) ? configuration.accounts : []
  const entry = entries.find((configured) => configured.user === user)
  const ways = waysTo(user, seen, options)
  for (const { protocol, path, isRestricted } of ways) {
    try {
      const credential = await readCredential(user, protocol, path)
      if (findings.length === 0) {
        findings.push(...checkToken(account, credential.accessToken, Date.now()))
      }
      const server = serverFor(entry, protocol, options)
      if (server !== undefined) findings.push(await checkLogin(server, credential, account.grant))
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      findings.push(isRestricted ? notListed(path) : errorFinding('token', error))
    }
  }
  const served = ways.map(({ protocol }) => protocol)
  return [...findings, ...unserved(user, served, options)]
}

/** An account whose token no program gets, and no mail server would accept. */
function sendsOnly({ user, sends_by: way }: AccountStatus): Finding {
  return ok('login', `${user}: may only send, by ${way}: there is no login to test`)
}

/** Its token is for another service. */
function forResource({ user, resource }: AccountStatus): Finding {
  return ok('login', `${user}: for ${resource}, not for mail: there is no login to test`)
}

/** A login test was requested, but no socket serves a token for it. */
function unserved(
  user: string,
  served: readonly Protocol[],
  options: CommandLine['options'],
): Finding[] {
  return protocols
    .filter((protocol) => options[loginTestOptions[protocol]] !== undefined)
    .filter((protocol) => !served.includes(protocol))
    .map((protocol) => {
      const text = `${user}: no token socket serves ${protocol}: no login was tried`
      return warning('login', text, `add "${protocol}" to protocols of a [[socket]], and reload`)
    })
}

/** A peer that "allow" does not list is not told the reason. */
function notListed(path: string): Finding {
  const hint = 'run doctor as one of those whom "allow" lists, to check the token too'
  return warning('token', `${path}: gives you none, which "allow" may intend`, hint)
}

/** The protocols that are served for an address, each with a socket that serves it. */
function waysTo(
  user: string,
  { sockets }: Survey,
  { 'cms-sock': given }: CommandLine['options'],
): { protocol: Protocol; path: string; isRestricted: boolean }[] {
  const ways = new Map<Protocol, { protocol: Protocol; path: string; isRestricted: boolean }>()
  const lines = sockets.filter(({ reply }) => reply !== 'socketmap')
  for (const socket of lines.filter((socket) => serves(socket, user))) {
    const isRestricted = socket.allow !== undefined
    for (const protocol of socket.protocols) {
      if (ways.has(protocol)) continue
      ways.set(protocol, { protocol, path: given ?? socket.path, isRestricted })
    }
  }
  return [...ways.values()]
}
