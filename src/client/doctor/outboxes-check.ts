import { readFileSync } from 'node:fs'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { errorFinding, failure, type Finding, ok, warning } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { OutboxCheck, OutboxStatus, SpoolCheck } from '../../messages/outbox-api.ts'
import { askOutbox } from '../../socket-client/ask-outbox.ts'
import { unsentFiles } from '../../socket-client/unsent.ts'
import { unsentDirectory, unsentIn } from '../../socket-client/unsent-directory.ts'
import { outboxCheck } from '../outbox-answer-shapes.ts'
import { userName } from './name-service.ts'
import { checkSendmail } from './sendmail-check.ts'
import { checkSocket } from './socket-check.ts'
import { isLoaded, type Survey } from './survey.ts'

const nearlyFull = 0.8
/** One line each is enough to be looked for. */
const mostRefused = 10

/** Everything about the outboxes, or about that of the address that was named. */
export async function checkOutboxes(seen: Survey): Promise<Finding[]> {
  const { configuration, user, outboxes, daemon } = seen
  const configured = isLoaded(configuration) ? configuration.outboxes : []
  const isMeant = ({ account }: { account: string }) => user === undefined || account === user
  if (!configured.some(isMeant)) return []
  const findings: Finding[] = []
  for (const status of outboxes.filter(isMeant)) {
    const own = configured.find(({ name }) => name === status.name)
    if (own !== undefined && 'pid' in daemon) {
      findings.push(...(await socketFindings(own, status, daemon.uid)))
    }
    findings.push(...(await outboxFindings(status)))
  }
  return [...findings, ...(await checkSendmail()), ...unsentFindings()]
}

/** Without "allow" only the user of the daemon may use it. */
async function socketFindings(
  outbox: OutboxConfiguration,
  { path }: OutboxStatus,
  daemonUid: number,
): Promise<Finding[]> {
  const { allow = { users: [await userName(daemonUid)], groups: [] }, mode, group } = outbox
  const socket = { path, allow, mode, ...(group === undefined ? {} : { group }) }
  return checkSocket(socket, daemonUid)
}

async function outboxFindings(status: OutboxStatus): Promise<Finding[]> {
  const { path, waiting, last_reason: reason } = status
  try {
    const answer = await askOutbox(path, { method: 'GET', path: '/v1/check' })
    const place = outboxCheck(answer)
    if (place !== undefined) {
      const text = `${path}: does not answer as documented: ${place}`
      return [warning('outbox', text, 'restart cms-oauthd, which may be of another version')]
    }
    const check = answer as OutboxCheck
    return [
      callersFinding(check),
      ...refusedFindings(check),
      rootFinding(check),
      ...spoolFindings(check),
      ...waits(status),
    ]
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [errorFinding('outbox', error)]
  }

  function waits({ name }: OutboxStatus): Finding[] {
    if (waiting === 0 || reason === null) return []
    const text = `"${name}": ${count(waiting)} waiting: ${reason}`
    return [warning('outbox', text, 'see "cms-oauth outbox list", and what is said of its account')]
  }
}

function callersFinding({ name, account, users, groups, admits_root: isRoot }: OutboxCheck) {
  const who = [
    ...users.map((user) => `user "${user}"`),
    ...groups.map((group) => `group "${group}"`),
  ]
  const text = `"${name}": ${who.join(', ') || 'nobody'} may send as ${account}`
  if (isRoot) return ok('outbox', text)
  const hint =
    'add "root" to users of "allow" of the [[outbox]], like allow = { users = ["root"] }, then run "cms-oauth reload"'
  return warning('outbox', `${text}; root may not, and so not cron, sudo and smartd`, hint)
}

/** Their programs may have said nothing, and nothing of it is kept. */
function refusedFindings({ name, refused = [] }: OutboxCheck): Finding[] {
  return refused.slice(-mostRefused).map(({ login, count: messages, last_at: lastAt }) => {
    const text = `"${name}": ${count(messages)} of "${login}" refused, and not kept, the last at ${lastAt}: "allow" does not list this user`
    const hint = `if "${login}" may send, add it to users of "allow" of the [[outbox]], then run "cms-oauth reload"`
    return warning('outbox', text, hint)
  })
}

function rootFinding({ name, root, root_problem: problem }: OutboxCheck): Finding {
  if (problem === null) return ok('outbox', `"${name}": mail for root goes to ${root.join(', ')}`)
  const hint = `write aliases = { root = "me@example.org" } into the [[outbox]], or add root to those that it has, then run "cms-oauth reload"`
  return warning('outbox', `"${name}": mail for root is refused: ${problem.message}`, hint)
}

function spoolFindings({ spool }: OutboxCheck): Finding[] {
  const { path, waiting, failed, bytes, free_bytes: free, problem } = spool
  if (problem !== null) {
    return [failure('spool', 'outbox_full', problem.message, problem.hint)]
  }
  const text = `${path}: ${count(waiting)} waiting, ${failed} abandoned, ${sizeText(bytes)}; ${sizeText(free)} free`
  return [ok('spool', text), ...abandoned(spool), ...quota(spool)]
}

function abandoned({ failed }: SpoolCheck): Finding[] {
  if (failed === 0) return []
  const hint = 'see "cms-oauth outbox list", then "cms-oauth outbox retry ID" or "delete ID"'
  return [warning('outbox', `${count(failed)} abandoned: they are kept for two weeks`, hint)]
}

function quota({ fullest }: SpoolCheck): Finding[] {
  if (fullest === null || fullest.share < nearlyFull) return []
  const text = `messages of "${fullest.login}" fill ${Math.round(fullest.share * 100)} % of what one user may have`
  const hint =
    'see "cms-oauth outbox list"; quota_messages and quota_size of the [[outbox]] say how much it is'
  return [warning('spool', text, hint)]
}

/** What sendmail kept in the homes that we may look into. */
function unsentFindings(): Finding[] {
  const homes = homesIn(readFileSync('/etc/passwd', 'utf8'))
  const users = new Map(homes.map(({ login, home }) => [unsentIn(home), login]))
  users.set(unsentDirectory(process.env) ?? '', 'you')
  return Array.from(users, ([directory, login]) => {
    const files = unsentFiles({ directory, isAll: true })
    if (files.length === 0) return []
    const text = `${count(files.length)} kept in ${directory}, since no outbox took what ${login} sent`
    const hint = `run "cms-oauth outbox --take-unsent"${login === 'you' ? '' : ` as ${login}`}`
    return [warning('unsent', text, hint)]
  }).flat()
}

/** The users of passwd(5) that have a home. The end of the file is an empty line, and no user. */
export function homesIn(passwd: string): { login: string; home: string }[] {
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([login = '', , , , , home = '']) => ({ login, home }))
    .filter(({ home }) => home.startsWith('/'))
}

function count(messages: number): string {
  return messages === 1 ? '1 message' : `${messages} messages`
}

function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10))
  const amount = bytes / 1_024 ** power
  return `${power === 0 ? amount : amount.toFixed(1)} ${units[power]}`
}
