/**
 * What `init` does after the files are written; each step can be declined and is then listed as
 * left to do.
 */
import { join } from 'node:path'
import { loadConfiguration } from '../../configuration-file/load.ts'
import { DaemonUnreachableError, isCmsOauthError } from '../../errors.ts'
import { readCredential, tryLogin } from '../../mail/login-test.ts'
import { writeServer } from '../../mail/mail-server.ts'
import { printable } from '../../mail/printable.ts'
import { runLogin } from '../commands/login.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl } from '../control.ts'
import { exitStatus } from '../exit-status.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'
import { printError, say } from '../terminal.ts'
import type { Answers } from './answers.ts'
import type { Interview } from './interview.ts'
import { type Plan, waysToSignIn } from './plan.ts'
import { isServing, startInBackground } from './start-daemon.ts'
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

/** Starts the daemon, signs in, and logs in to the mail server. */
export async function takeSteps(steps: Steps): Promise<Outcome> {
  const { user } = steps.answers
  const outcome: Outcome = { status: 0, toDo: [] }
  const isUp = await attempt(outcome, daemonCommand(steps), () => startDaemon(steps))
  const login = `${steps.client} login ${user}`
  const way = isUp ? await askWay(steps) : 'no'
  const tests = steps.plan.tests.map(
    ({ protocol, server }) =>
      `${steps.client} --user=${user} --${loginTestOptions[protocol]}=${writeServer(server)}`,
  )
  const wantsTest = way !== 'no' && (await askTest(steps)) === 'yes'
  // The prompt for a pasted address needs standard input.
  steps.interview.close()
  const isIn = await attempt(outcome, login, () => signIn(steps, way))
  if (isIn && wantsTest) await testAll(steps, outcome, tests)
  else outcome.toDo.push(...tests)
  return outcome
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

async function askWay({ answers, interview, env }: Steps) {
  if (answers.account?.isAppOnly === true) return 'browser'
  const hasDesktop = (env['DISPLAY'] || env['WAYLAND_DISPLAY'] || '') !== ''
  const isHere = hasDesktop && env['SSH_CONNECTION'] === undefined
  return interview.offer('Sign in now', [...waysToSignIn(answers), 'no'] as const, {
    fallback: isHere ? 'browser' : 'paste',
    whenOver: 'no',
  })
}

function askTest({ plan, interview }: Steps): Promise<'yes' | 'no'> {
  const servers = plan.tests.map(({ server }) => writeServer(server)).join(' and ')
  return interview.offer(`Then log in to ${servers}`, ['yes', 'no'], {
    fallback: 'yes',
    whenOver: 'no',
  })
}

async function signIn({ answers, plan, line }: Steps, way: string): Promise<boolean> {
  if (way === 'no') return false
  const options = { config: plan.configFile, ...line.options }
  if (way === 'device') options.device = true
  if (way === 'paste') options.paste = true
  await runLogin({ words: ['login', answers.user], options })
  return true
}

async function testAll(steps: Steps, outcome: Outcome, commands: readonly string[]): Promise<void> {
  const { answers, plan, env } = steps
  const { sockets } = loadConfiguration({ file: plan.configFile, env })
  for (const [index, { protocol, server }] of plan.tests.entries()) {
    await attempt(outcome, commands[index] ?? '', async () => {
      const socket = sockets.find(
        ({ protocols, accounts }) =>
          protocols.includes(protocol) && (accounts?.includes(answers.user) ?? true),
      )
      if (socket === undefined) return false
      const credential = await readCredential(answers.user, protocol, socket.path)
      const isAppOnly = answers.account?.isAppOnly
      const { code, text } = await tryLogin({ server, credential, print: () => {}, isAppOnly })
      say(`${protocol} at ${writeServer(server)}: ${code} ${printable(text)}`)
      return true
    })
  }
}
