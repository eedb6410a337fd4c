/**
 * Messages that no outbox could be given, in files of the caller's own: `unsent/ID`, of the form of the
 * request. The next sendmail of the same user hands them over first; the id makes that harmless.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type CmsOauthError, isCmsOauthError } from '../errors.ts'

type Environment = Record<string, string | undefined>

/** A daemon that is never there shall not fill the disk. */
const mostFiles = 1_000
const refusedSuffix = '.refused'

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

/** What became of the messages that were kept. */
export interface HandedOver {
  taken: number
  /** Refused for good: the files that they are in now, and why. */
  refused: { path: string; error: CmsOauthError }[]
  /** Why it stopped; the rest is left. */
  stoppedBy?: CmsOauthError
}

/**
 * Gives each to `hand`, oldest first, and removes what was taken. What is refused for good becomes `ID.refused`,
 * for a person to decide about; at an outbox that is not there, or full, it stops.
 */
export async function handOverUnsent(
  hand: (request: Buffer) => Promise<unknown>,
  files: readonly string[] = unsentFiles(),
): Promise<HandedOver> {
  const done: HandedOver = { taken: 0, refused: [] }
  for (const path of files) {
    try {
      await hand(readFileSync(path))
      unlinkSync(path)
      done.taken += 1
    } catch (error) {
      if (!isCmsOauthError(error)) continue
      if (isTemporary(error)) return { ...done, stoppedBy: error }
      done.refused.push({ path: moveAway(path), error })
    }
  }
  return done
}

/** The files of the messages that are kept, the oldest first; those that were refused only for `isAll`. */
export function unsentFiles({
  directory = unsentDirectory(process.env),
  isAll = false,
}: UnsentQuery = {}): string[] {
  const names = directory === undefined ? [] : namesIn(directory, isAll)
  return names.map((name) => join(directory ?? '', name))
}

interface UnsentQuery {
  directory?: string | undefined
  isAll?: boolean
}

function isTemporary(error: CmsOauthError): boolean {
  const codes: string[] = ['daemon_unreachable', 'outbox_full', 'provider_protocol', 'store_locked']
  return codes.includes(error.code) || isClosed(error)
}

/** True where the socket could not be opened: no outbox has judged the message. */
export function isClosed({ code, cause }: CmsOauthError): boolean {
  return code === 'not_permitted' && cause !== undefined
}

function moveAway(path: string): string {
  const target = path.endsWith(refusedSuffix) ? path : `${path}${refusedSuffix}`
  try {
    renameSync(path, target)
  } catch {
    // Another sendmail did it.
  }
  return target
}

/** Their ids begin with the time. */
function namesIn(directory: string, isAll = false): string[] {
  const pattern = isAll ? /^[\w-]+(?:\.refused)?$/ : /^[\w-]+$/
  // The usual case, and an error would take longer.
  if (!existsSync(directory)) return []
  try {
    return readdirSync(directory)
      .filter((name) => pattern.test(name))
      .toSorted()
  } catch {
    return []
  }
}
