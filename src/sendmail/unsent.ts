/**
 * Messages that no outbox could be given, in files of the caller's own: `unsent/ID`, of the form of the
 * request. The next sendmail of the same user hands them over first; the id makes that harmless.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isCmsOauthError } from '../errors.ts'

type Environment = Record<string, string | undefined>

/** A daemon that is never there shall not fill the disk. */
const mostFiles = 1_000

/** Where they are; undefined without a home directory. */
export function unsentDirectory(env: Environment): string | undefined {
  const [home, state] = [env['HOME'] ?? '', env['XDG_STATE_HOME'] ?? '']
  if (state.startsWith('/')) return join(state, 'cms-oauth', 'unsent')
  return home.startsWith('/') ? join(home, '.local', 'state', 'cms-oauth', 'unsent') : undefined
}

/** The path of the file that keeps the request, or undefined where none can be written. */
export function keepUnsent(
  id: string,
  request: readonly Buffer[],
  message: Buffer,
  env: Environment = process.env,
): string | undefined {
  const directory = unsentDirectory(env)
  if (directory === undefined) return undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (namesIn(directory).length >= mostFiles) return undefined
    const path = join(directory, id)
    // A leading dot until it is whole.
    const temporary = join(directory, `.${id}`)
    writeFileSync(temporary, Buffer.concat(request), { mode: 0o600, flag: 'wx', flush: true })
    renameSync(temporary, path)
    return path
  } catch {
    return appendDeadLetter(message, env)
  }
}

function appendDeadLetter(message: Buffer, env: Environment): string | undefined {
  const path = join(env['HOME'] ?? '/', 'dead.letter')
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  try {
    const descriptor = openSync(path, flags, 0o600)
    writeFileSync(descriptor, Buffer.concat([message, Buffer.from('\n')]))
    closeSync(descriptor)
    return path
  } catch {
    return undefined
  }
}

/**
 * Gives each to `hand`, oldest first, and removes what was taken. What is refused for good becomes `ID.refused`; at
 * an outbox that is not there, or full, it stops.
 */
export async function handOverUnsent(
  hand: (request: Buffer) => Promise<unknown>,
  env: Environment = process.env,
): Promise<void> {
  const directory = unsentDirectory(env)
  for (const name of directory === undefined ? [] : namesIn(directory)) {
    const path = join(directory ?? '', name)
    try {
      await hand(readFileSync(path))
      unlinkSync(path)
    } catch (error) {
      if (isTemporary(error)) return
      if (isCmsOauthError(error)) moveAway(path)
    }
  }
}

function isTemporary(error: unknown): boolean {
  const codes: string[] = ['daemon_unreachable', 'outbox_full', 'provider_protocol', 'store_locked']
  return isCmsOauthError(error) && codes.includes(error.code)
}

function moveAway(path: string): void {
  try {
    renameSync(path, `${path}.refused`)
  } catch {
    // Another sendmail did it.
  }
}

/** Their ids begin with the time. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^[\w-]+$/.test(name))
      .toSorted()
  } catch {
    return []
  }
}
