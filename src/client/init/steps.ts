/**
 * What `init` does after the files are written; each step can be declined and is then listed as
 * left to do.
 */
import { join } from 'node:path'
import { DaemonUnreachableError, isCmsOauthError } from '../../errors.ts'
import { writeServer } from '../../mail/mail-server.ts'
import { runLogin } from '../commands/login.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl } from '../control.ts'
import { exitStatus } from '../exit-status.ts'
import { hasDesktop } from '../has-desktop.ts'
import type { CommandLine } from '../options.ts'
import { printError, say } from '../terminal.ts'
import type { Answers } from './answers.ts'
import { type Given, giveProgram } from './give-program.ts'
import type { Interview } from './interview.ts'
import { type Plan, waysToSignIn } from './plan.ts'
import { isServing, startInBackground } from './start-daemon.ts'
import { bridgeTrial, noticeTrial, tokenTrials } from './trials.ts'
import { enableUserUnit, hasUserSystemd } from './user-unit.ts'

/** What the steps share. */
export interface Steps {
  answers: Answers
  plan: Plan
  interview: Interview
  line: CommandLine
  packageRoot: string
  /** How `cms-oauth` is called in what is left to do. */
  client: string
  env: NodeJS.ProcessEnv
}

/** How far it went. */
export interface Outcome {
  status: number
  /** Commands, in order. */
  toDo: string[]
}

/** Starts the daemon, gives the program its password, signs in, and logs in to the mail server. */
export async function takeSteps(steps: Steps): Promise<Outcome> {
  const { user } = steps.answers
  const outcome: Outcome = { status: 0, toDo: [] }
  const isUp = await attempt(outcome, daemonCommand(steps), () => startDaemon(steps))
  const given = await giveIfUp(steps, outcome, isUp)
  const login = `${steps.client} login ${user}`
  const way = isUp ? await askWay(steps) : 'no'
  const control = () => controlOf(steps.plan, steps.line)
  const trials =
    steps.plan.noticeTo !== undefined
      ? [noticeTrial(steps)]
      : given === undefined
        ? tokenTrials(steps)
        : [bridgeTrial({ ...steps, control }, given)]
  const isPossible = way !== 'no' && trials.length > 0
  const wantsTest = isPossible && (await askTest(steps)) === 'yes'
  // The prompt for a pasted address needs standard input.
  steps.interview.close()
  const isIn = await attempt(outcome, login, () => signIn(steps, way))
  for (const { command, run } of trials) {
    if (isIn && wantsTest) await attempt(outcome, command, run)
    else outcome.toDo.push(command)
  }
  return outcome
}

/** What a program that knows only passwords was given; undefined: there is none, or not yet. */
async function giveIfUp(steps: Steps, outcome: Outcome, isUp: boolean): Promise<Given | undefined> {
  const { answers, plan, line, packageRoot, client } = steps
  const { user, bridge } = answers
  const { bridgePlace: place, configFile } = plan
  if (bridge === undefined || place === undefined) return undefined
  let given: Given | undefined
  const again = `${client} init   # again, for the password of "${bridge.program}"`
  await attempt(outcome, again, async () => {
    if (!isUp) return false
    const control = await controlOf(plan, line)
    given = await giveProgram({ user, bridge, place, control, configFile, packageRoot })
    return true
  })
  outcome.toDo.push(...(given?.toDo ?? []))
  return given
}

/** False if it failed, which is reported, or was declined. */
async function attempt(
  outcome: Outcome,
  command: string,
  run: () => Promise<boolean>,
): Promise<boolean> {
  try {
    if (await run()) return true
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    printError(error)
    outcome.status ||= exitStatus[error.code]
  }
  outcome.toDo.push(command)
  return false
}

function daemonCommand({ line }: Steps): string {
  return line.options.config === undefined
    ? 'cms-oauthd &'
    : `cms-oauthd --config=${line.options.config} &`
}

async function startDaemon(steps: Steps): Promise<boolean> {
  const { plan, interview, line, packageRoot, env } = steps
  const control = await controlOf(plan, line)
  if (await isRunning(control)) return reload(control, plan.configFile)
  const ways = hasUserSystemd()
    ? (['systemd', 'background', 'no'] as const)
    : (['background', 'no'] as const)
  const way = await interview.offer('Start cms-oauthd now', ways, {
    fallback: ways[0],
    whenOver: 'no',
  })
  if (way === 'no') return false
  const program = join(packageRoot, 'bin', 'cms-oauthd.js')
  if (way === 'background') {
    const log = await startInBackground({ program, configFile: line.options.config, control, env })
    say(`cms-oauthd is running until the machine stops; its log: ${log}`)
    return true
  }
  enableUserUnit({ packageRoot, program, configFile: plan.configFile, env })
  if (!(await isServing(control))) {
    throw new DaemonUnreachableError(
      'the systemd unit was started, but cms-oauthd does not answer',
      {
        hint: 'see "journalctl --user -u cms-oauthd"',
      },
    )
  }
  say('cms-oauthd is running, now and whenever you log in ("loginctl enable-linger": always).')
  return true
}

function controlOf(plan: Plan, line: CommandLine): Promise<ControlClient> {
  const { options, words } = line
  return connectControl({ words, options: { config: plan.configFile, ...options } })
}

async function isRunning(control: ControlClient): Promise<boolean> {
  try {
    await control.accounts()
    return true
  } catch (error) {
    if (!isCmsOauthError(error) || error.code !== 'daemon_unreachable') throw error
    return false
  }
}

async function reload(control: ControlClient, configFile: string): Promise<boolean> {
  const { file } = await control.reload()
  if (file !== configFile) {
    throw new DaemonUnreachableError(
      `the cms-oauthd that runs reads "${file}", not "${configFile}"`,
      {
        hint: 'stop it, or run "cms-oauth init" with its file as --config',
      },
    )
  }
  say('cms-oauthd is running, and has read the configuration again.')
  return true
}

async function askWay(steps: Steps) {
  const { answers, interview, env } = steps
  if (answers.account?.isAppOnly === true) return 'browser'
  if (await isSignedIn(steps)) return 'done'
  const isHere = hasDesktop(env) && env['SSH_CONNECTION'] === undefined
  return interview.offer('Sign in now', [...waysToSignIn(answers), 'no'] as const, {
    fallback: isHere ? 'browser' : 'paste',
    whenOver: 'no',
  })
}

function askTest({ plan, interview }: Steps): Promise<'yes' | 'no'> {
  const servers = plan.tests.map(({ server }) => writeServer(server)).join(' and ')
  const how = plan.bridgePlace === undefined ? `to ${servers}` : 'through the bridge'
  const { noticeTo } = plan
  const what =
    noticeTo === undefined ? `Then log in ${how}` : `Then send a test notice to ${noticeTo}`
  return interview.offer(what, ['yes', 'no'], { fallback: 'yes', whenOver: 'no' })
}

/** True where a token can be had, and nobody has anything to do for it. */
async function isSignedIn({ answers, plan, line }: Steps): Promise<boolean> {
  const { accounts } = await (await controlOf(plan, line)).accounts()
  const found = accounts.find(({ user }) => user === answers.user)
  const isIn = found !== undefined && found.expires_at !== null && found.action === ''
  if (isIn) say(`${answers.user} is signed in.`)
  return isIn
}

async function signIn({ answers, plan, line }: Steps, way: string): Promise<boolean> {
  if (way === 'no') return false
  if (way === 'done') return true
  const options = { config: plan.configFile, ...line.options }
  if (way === 'device') options.device = true
  if (way === 'paste') options.paste = true
  await runLogin({ words: ['login', answers.user], options })
  return true
}
