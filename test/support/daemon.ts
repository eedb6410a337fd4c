import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ControlClient } from '../../src/client/control-client.ts'

const root = join(import.meta.dirname, '..', '..')

/** A home of its own for daemon and client: nothing of the machine's user is touched. */
export interface Home {
  directory: string
  configFile: string
  tokenSocket: string
  controlSocket: string
  stateDirectory: string
  env: NodeJS.ProcessEnv
  /** The daemon's program; absent: that of this working tree. */
  daemonProgram?: string
  /** Writes the configuration (mode 0600). */
  configure(toml: string): Promise<void>
  remove(): Promise<void>
}

/** Makes an empty home; `caFile` is what its programs trust besides the public authorities. */
export async function createHome(caFile?: string): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), 'cms-oauth-'))
  const configFile = join(directory, 'config.toml')
  const runtime = join(directory, 'run')
  return {
    directory,
    configFile,
    tokenSocket: join(runtime, 'cms-oauth', 'cms.sock'),
    controlSocket: join(runtime, 'cms-oauth', 'control.sock'),
    stateDirectory: join(directory, 'state', 'cms-oauth'),
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      LANG: 'C.UTF-8',
      CMS_OAUTH_CONFIG: configFile,
      XDG_RUNTIME_DIR: runtime,
      XDG_CONFIG_HOME: join(directory, 'config'),
      XDG_STATE_HOME: join(directory, 'state'),
      ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
    },
    configure: (toml) => writeFile(configFile, toml, { mode: 0o600 }),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** One line of the daemon's log. */
export type LogLine = { event: string } & Record<string, unknown>

/** The real daemon, running. */
export interface RunningDaemon {
  process: ChildProcess
  control: ControlClient
  /** All that it has logged. */
  log: LogLine[]
  /** Resolves with the first line, past or to come, that fits; `since` is how many came before it. */
  logged(fits: (line: LogLine) => boolean, since?: number): Promise<LogLine>
  /** Resolves with all lines that fit once there are so many: what a program has done comes later in its log. */
  loggedAll(fits: (line: LogLine) => boolean, count: number): Promise<LogLine[]>
  /** Ends it by the signal and resolves with its exit status. @throws where it crashed on the way */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts bin/cms-oauthd.js in a home, with listening sockets as systemd passes them; resolves when
 * it serves. @throws with what it printed
 */
export async function startDaemon(
  home: Home,
  env: NodeJS.ProcessEnv = {},
  listening: readonly number[] = [],
): Promise<RunningDaemon> {
  const child = spawn(
    '/bin/sh',
    ['-c', 'LISTEN_PID=$$ exec "$0"', home.daemonProgram ?? join(root, 'bin', 'cms-oauthd.js')],
    {
      env: { ...home.env, LISTEN_FDS: String(listening.length), ...env },
      stdio: ['ignore', 'ignore', 'pipe', ...listening],
    },
  ) as ChildProcess & { stderr: Readable }
  const exited = once(child, 'exit') as Promise<[number | null]>
  const log: LogLine[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) log.push(parseLine(line))
    for (const look of waiting) look()
  })
  const loggedAll = (fits: (line: LogLine) => boolean, count: number, since = 0) =>
    new Promise<LogLine[]>((resolve) => {
      const look = () => {
        const found = log.slice(since).filter(fits)
        if (found.length < count) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  const logged = async (fits: (line: LogLine) => boolean, since?: number) => {
    const [first] = await loggedAll(fits, 1, since)
    return first as LogLine
  }
  const hasStarted = await Promise.race([
    logged(({ event }) => event === 'daemon.started').then(() => true),
    exited.then(() => false),
  ])
  if (!hasStarted) throw new Error(`the daemon did not start: ${JSON.stringify(log)}`)
  return {
    process: child,
    control: new ControlClient(home.controlSocket),
    log,
    logged,
    loggedAll,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const [status] = await exited
      // What Node ends with where nobody caught an exception.
      if (status === 1) throw new Error(`the daemon crashed: ${JSON.stringify(log.slice(-40))}`)
      return status
    },
  }
}

function parseLine(line: string): LogLine {
  return line.startsWith('{') ? (JSON.parse(line) as LogLine) : { event: 'text', text: line }
}

/** What a program printed and exited with. */
export interface Result {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs bin/cms-oauth.js in a home. */
export function runClient(
  home: Home,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<Result> {
  return runProgram(join(root, 'bin', 'cms-oauth.js'), args, home.env, input)
}

/** Runs any program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Buffer = '',
): Promise<Result> {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}
