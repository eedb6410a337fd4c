import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { type Result, runProgram } from './daemon.ts'
import { installedProgram } from './installed-program.ts'

/** A desktop session of its own: a message bus, and gnome-keyring behind it. */
export interface DesktopSession {
  /** What a program of the session finds the keyring by. */
  env: NodeJS.ProcessEnv
  /** Is there once the keyring has tried to ask for a password. */
  dialogFile: string
  secretTool(args: readonly string[], input?: string): Promise<Result>
  lock(): Promise<void>
  /** As the log-in does it. */
  unlock(): Promise<void>
}

const password = 'of the log-in'
const secretService = 'org.freedesktop.secrets'

/** Starts a session with an unlocked keyring; it ends with the test. */
export async function startDesktopSession(t: TestContext): Promise<DesktopSession> {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-session-'))
  const dialogFile = join(directory, 'dialog')
  installPrompter(directory, dialogFile)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: directory,
    XDG_RUNTIME_DIR: join(directory, 'run'),
    LANG: 'C.UTF-8',
  }
  const bus = spawn(
    installedProgram('dbus-daemon', 'dbus-daemon'),
    ['--session', '--nofork', '--print-address', `--address=unix:path=${directory}/run/bus`],
    { env, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  t.after(async () => {
    await end(bus)
    rmSync(directory, { recursive: true, force: true })
  })
  env['DBUS_SESSION_BUS_ADDRESS'] = await firstLine(bus.stdout)
  await startKeyring(env)
  return {
    env,
    dialogFile,
    secretTool: (args, input) =>
      runProgram(installedProgram('secret-tool', 'libsecret-tools'), args, env, input),
    lock: () => lock(env),
    unlock: () => unlock(join(directory, 'run', 'keyring', 'control')),
  }
}

/** Takes the place of the program that shows gnome-keyring's dialogs: it fails, as without a display. */
function installPrompter(directory: string, dialogFile: string): void {
  mkdirSync(join(directory, 'run'), { mode: 0o700 })
  const services = join(directory, 'run', 'dbus-1', 'services')
  mkdirSync(services, { recursive: true, mode: 0o700 })
  const name = 'org.gnome.keyring.SystemPrompter'
  const service = `[D-BUS Service]\nName=${name}\nExec=/bin/sh -c "touch ${dialogFile}; exit 1"\n`
  writeFileSync(join(services, `${name}.service`), service)
}

async function firstLine(stream: Readable): Promise<string> {
  const [line] = (await once(createInterface(stream), 'line')) as [string]
  return line
}

/** It ends when the bus does. */
async function startKeyring(env: NodeJS.ProcessEnv): Promise<void> {
  const program = installedProgram('gnome-keyring-daemon', 'gnome-keyring')
  const starter = spawn(program, ['--unlock', '--components=secrets'], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  starter.stdin.end(password)
  await once(starter, 'exit')
}

async function lock(env: NodeJS.ProcessEnv): Promise<void> {
  const method = 'org.freedesktop.Secret.Service.Lock'
  const collection = '/org/freedesktop/secrets/collection/login'
  const call = ['/org/freedesktop/secrets', method, `array:objpath:${collection}`]
  const args = ['--session', '--print-reply', `--dest=${secretService}`, ...call]
  const { status, stderr } = await runProgram('dbus-send', args, env)
  if (status !== 0) throw new Error(`the keyring cannot be locked: ${stderr}`)
}

/** What pam_gnome_keyring says to the keyring: a byte for its credentials, then one operation. */
async function unlock(controlSocket: string): Promise<void> {
  const secret = Buffer.from(password)
  const message = Buffer.alloc(13 + secret.length)
  message.writeUInt32BE(12 + secret.length, 1)
  message.writeUInt32BE(1, 5)
  message.writeUInt32BE(secret.length, 9)
  secret.copy(message, 13)
  const socket = connect(controlSocket)
  socket.write(message)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  if (answer.readUInt32BE(4) !== 0) throw new Error('the keyring was not unlocked')
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill()
  await exited
}
