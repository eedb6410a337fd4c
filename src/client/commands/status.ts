import { setInterval } from 'node:timers/promises'
import { addressHint } from '../../command-line/nearest-known.ts'
import {
  AccountUnknownError,
  DaemonUnreachableError,
  isCmsOauthError,
  UsageError,
} from '../../errors.ts'
import type { BridgeTrouble } from '../../messages/bridge-api.ts'
import type { AccountsAnswer, AccountStatus } from '../../messages/control-api.ts'
import { version } from '../../package/version.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import { adviceOf } from '../advice-of.ts'
import { bridgeTroublesText } from '../bridge-troubles-text.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl, operandOf } from '../control.ts'
import { isOfMailbox } from '../is-of-mailbox.ts'
import type { CommandLine } from '../options.ts'
import { statusText } from '../status-text.ts'
import { screenOf } from '../terminal.ts'
import { sayJson } from '../say-json.ts'

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
  const troubles = () => troublesOf(control, user)
  if (json) return printJson(look, troubles)
  const show = async () => textOf(...(await Promise.all([look(), troubles()])))
  process.stdout.write(await show())
  if (isWatched) await watch(control, show)
  return 0
}

/** The daemon's answer, or the part of it that is about one address. @throws AccountUnknownError */
type Look = () => Promise<AccountsAnswer>
/** What went wrong at the bridges, about this address too. */
type Troubles = () => Promise<readonly BridgeTrouble[]>
/** All that a person sees. */
type Show = () => Promise<string>

function only(user: string | undefined, answer: AccountsAnswer): AccountsAnswer {
  if (user === undefined) return answer
  const { accounts, unused_sign_ins: unused = [], ...rest } = answer
  const left = {
    accounts: accounts.filter((account) => isOfMailbox(account, user)),
    unused_sign_ins: unused.filter((each) => each.user === user),
  }
  if (left.accounts.length + left.unused_sign_ins.length > 0) return { ...rest, ...left }
  const known = accounts.map((account) => account.user)
  throw new AccountUnknownError(`the account "${user}" is not configured`, {
    hint: addressHint(user, known, `configured: ${known.join(', ')}`),
  })
}

async function printJson(look: Look, troubles: Troubles): Promise<number> {
  try {
    const [answer, bridgeTroubles] = await Promise.all([look(), troubles()])
    const shown = { ...answer, bridge_troubles: bridgeTroubles }
    sayJson(shown, 2)
    return Math.max(isOfThisVersion(answer) ? 0 : 1, ...answer.accounts.map(severity))
  } catch (error) {
    if (!isCmsOauthError(error) || error.code !== 'daemon_unreachable') throw error
    sayJson(errorToWire(error))
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
async function watch(control: ControlClient, show: Show): Promise<void> {
  process.stdout.once('error', () => process.exit())
  const departure = new AbortController()
  const { signal } = departure
  try {
    await Promise.race([followEvents(control, show, signal), followClock(show, signal)])
  } finally {
    departure.abort()
  }
}

async function followEvents(
  control: ControlClient,
  show: Show,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of control.events(signal)) await redraw(show)
  throw new DaemonUnreachableError('the daemon has stopped', {
    hint: 'check its log, or start it again: "systemctl --user start cms-oauthd"',
  })
}

async function followClock(show: Show, signal: AbortSignal): Promise<void> {
  for await (const _ of setInterval(redrawIntervalMs, undefined, { signal })) await redraw(show)
}

async function redraw(show: Show): Promise<void> {
  const text = await show()
  process.stdout.write(process.stdout.isTTY ? `\u001b[H\u001b[2J${text}` : text)
}

function textOf(answer: AccountsAnswer, troubles: readonly BridgeTrouble[]): string {
  const screen = screenOf(process.stdout, process.env)
  const text = `${statusText(answer, Date.now(), screen)}${bridgeTroublesText(troubles, screen)}`
  if (isOfThisVersion(answer)) return text
  return `${text}\nthe daemon is cms-oauthd ${answer.version}, this is ${version}: restart the daemon\n`
}

/** What went wrong at the bridges; an older daemon does not say. */
async function troublesOf(
  control: ControlClient,
  user: string | undefined,
): Promise<readonly BridgeTrouble[]> {
  try {
    const { troubles } = await control.bridges()
    return troubles.filter((each) => user === undefined || (each.user ?? user) === user)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return []
  }
}

/** False for a daemon that was started before an update, or from another installation. */
function isOfThisVersion(answer: AccountsAnswer): boolean {
  return answer.version === version
}
