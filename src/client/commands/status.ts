import { setInterval } from 'node:timers/promises'
import { nearestKnown } from '../../command-line/nearest-known.ts'
import {
  AccountUnknownError,
  DaemonUnreachableError,
  isCmsOauthError,
  UsageError,
} from '../../errors.ts'
import type { AccountsAnswer, AccountStatus } from '../../messages/control-api.ts'
import { version } from '../../package/version.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import { adviceOf } from '../advice-of.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'
import { statusText } from '../status-text.ts'
import { screenOf } from '../terminal.ts'

/** The screen shows times, so it is redrawn even if nothing happens. */
const redrawIntervalMs = 5_000
const daemonDown = 3

/**
 * `status [ADDRESS] [--json] [--watch]`. @throws CmsOauthError, except with `--json`, which prints
 * it
 */
export async function runStatus(line: CommandLine): Promise<number> {
  const { json = false, watch: isWatched = false } = line.options
  if (json && isWatched) {
    throw new UsageError('--json and --watch cannot be combined', {
      hint: 'programs follow the daemon by GET /v1/events of the control socket',
    })
  }
  const control = await connectControl(line)
  const user = line.words.length > 1 ? operandOf(line) : undefined
  const look = async () => only(user, await control.accounts())
  if (json) return printJson(look)
  print(await look())
  if (isWatched) await watch(control, look)
  return 0
}

/** The daemon's answer, or the part of it that is about one address. @throws AccountUnknownError */
type Look = () => Promise<AccountsAnswer>

function only(user: string | undefined, answer: AccountsAnswer): AccountsAnswer {
  if (user === undefined) return answer
  const { accounts, unused_sign_ins: unused = [], ...rest } = answer
  const isMeant = (each: { user: string }) => each.user === user
  const left = { accounts: accounts.filter(isMeant), unused_sign_ins: unused.filter(isMeant) }
  if (left.accounts.length + left.unused_sign_ins.length > 0) return { ...rest, ...left }
  const known = accounts.map((account) => account.user)
  const nearest = nearestKnown(user, known)
  throw new AccountUnknownError(`the account "${user}" is not configured`, {
    hint: nearest === undefined ? `configured: ${known.join(', ')}` : `did you mean "${nearest}"?`,
  })
}

async function printJson(look: Look): Promise<number> {
  try {
    const answer = await look()
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
    return Math.max(isOfThisVersion(answer) ? 0 : 1, ...answer.accounts.map(severity))
  } catch (error) {
    if (!isCmsOauthError(error) || error.code !== 'daemon_unreachable') throw error
    process.stdout.write(`${JSON.stringify(errorToWire(error))}\n`)
    return daemonDown
  }
}

/** 0: fine, 1: warning, 2: somebody must act. */
function severity(account: AccountStatus): number {
  const advice = adviceOf(account)
  if (advice.length === 0) return 0
  return advice.some(({ is_urgent: isUrgent }) => isUrgent) ? 2 : 1
}

/** Runs until the daemon stops, or nobody reads the output any more. */
async function watch(control: ControlClient, look: Look): Promise<void> {
  process.stdout.once('error', () => process.exit())
  const departure = new AbortController()
  const { signal } = departure
  try {
    await Promise.race([followEvents(control, look, signal), followClock(look, signal)])
  } finally {
    departure.abort()
  }
}

async function followEvents(
  control: ControlClient,
  look: Look,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of control.events(signal)) await redraw(look)
  throw new DaemonUnreachableError('the daemon has stopped', {
    hint: 'check its log, or start it again: "systemctl --user start cms-oauthd"',
  })
}

async function followClock(look: Look, signal: AbortSignal): Promise<void> {
  for await (const _ of setInterval(redrawIntervalMs, undefined, { signal })) await redraw(look)
}

async function redraw(look: Look): Promise<void> {
  const answer = await look()
  if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J')
  print(answer)
}

function print(answer: AccountsAnswer): void {
  process.stdout.write(statusText(answer, Date.now(), screenOf(process.stdout, process.env)))
  if (isOfThisVersion(answer)) return
  const remark = `the daemon is cms-oauthd ${answer.version}, this is ${version}: restart the daemon`
  process.stdout.write(`\n${remark}\n`)
}

/** False for a daemon that was started before an update, or from another installation. */
function isOfThisVersion(answer: AccountsAnswer): boolean {
  return answer.version === version
}
