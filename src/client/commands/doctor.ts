import {
  controlSocketSubject,
  errorFinding,
  type Finding,
  ok,
  warning,
} from '../../configuration/finding.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import { readCredential } from '../../mail/login-test.ts'
import type { AccountStatus } from '../../messages/control-api.ts'
import { type Protocol, protocols } from '../../sasl/output-format.ts'
import { checkAccount } from '../doctor/account-check.ts'
import { checkBridges } from '../doctor/bridges-check.ts'
import { checkOutboxes } from '../doctor/outboxes-check.ts'
import { checkDaemon } from '../doctor/daemon-check.ts'
import { checkLogin, serverFor } from '../doctor/login-check.ts'
import { printReport } from '../doctor/report.ts'
import { checkSocket } from '../doctor/socket-check.ts'
import { checkStore } from '../doctor/store-check.ts'
import { checkSurroundings } from '../doctor/surroundings-check.ts'
import { isLoaded, serves, type Survey, survey } from '../doctor/survey.ts'
import { checkToken } from '../doctor/token-check.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'

/**
 * `doctor [ADDRESS]`: checks everything between the configuration and the mail server, one line for
 * each check. Returns 0 if nothing fails, else the highest exit status of the failures.
 * @throws AccountUnknownError for an address that is not configured, UsageError
 */
export async function runDoctor(line: CommandLine): Promise<number> {
  const seen = await survey(line)
  const { daemon, accounts, sockets, store, controlPath } = seen
  const isServing = 'pid' in daemon
  const around = await checkSurroundings(seen)
  const isBlocked = isControlSocketBlocked(seen, around)
  const findings = [
    configurationFinding(seen),
    ...(isServing ? checkDaemon(daemon, controlPath) : isBlocked ? [] : [noDaemon(daemon)]),
    ...(store === undefined ? [] : checkStore(store)),
    ...around,
  ]
  for (const socket of sockets) findings.push(...(await checkSocket(socket, isServing)))
  findings.push(...(await checkBridges(seen)), ...(await checkOutboxes(seen)))
  for (const account of accounts) {
    findings.push(...checkAccount(account), ...(await checkTokens(account, seen, line.options)))
  }
  for (const { user, reason } of seen.unusedSignIns) {
    const text = `${user}: signed in, but not in use: ${reason}`
    findings.push(
      warning('sign-in', text, `put it to use again, or run "cms-oauth logout ${user}"`),
    )
  }
  return printReport(findings)
}

/** What is in the way of the control socket is reported once, with the step that ends it. */
function isControlSocketBlocked({ configuration, controlPath }: Survey, around: Finding[]) {
  if (!isLoaded(configuration) || configuration.control.path !== controlPath) return false
  return around.some(({ level, subject }) => {
    return level === 'failure' && subject === controlSocketSubject
  })
}

function noDaemon(error: CmsOauthError): Finding {
  const finding = errorFinding('daemon', error)
  const missed = 'without it, renewer, providers, clock, accounts and tokens cannot be checked'
  return { ...finding, hint: `${finding.hint}; ${missed}` }
}

function configurationFinding({ configuration, daemon }: Survey): Finding {
  if (!isLoaded(configuration)) return errorFinding('configuration', configuration)
  const { file, accounts, sockets } = configuration
  if ('pid' in daemon && daemon.configuration.file !== file) {
    const text = `${file}: the daemon reads "${daemon.configuration.file}"`
    return warning('configuration', text, 'name the file of the daemon, or none')
  }
  return ok(
    'configuration',
    `${file}: accounts: ${accounts.length}, token sockets: ${sockets.length}`,
  )
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

/** No program gets its token, and no mail server would accept it. */
function sendsOnly({ user, sends_by: way }: AccountStatus): Finding {
  return ok('login', `${user}: may only send, by ${way}: there is no login to test`)
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
  for (const socket of sockets.filter((socket) => serves(socket, user))) {
    const isRestricted = socket.allow !== undefined
    for (const protocol of socket.protocols) {
      if (ways.has(protocol)) continue
      ways.set(protocol, { protocol, path: given ?? socket.path, isRestricted })
    }
  }
  return [...ways.values()]
}
