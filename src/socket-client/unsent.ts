/**
 * Messages that no outbox could be given, in files of the caller's own: `unsent/ID`, of the form of the
 * request. The next sendmail of the same user hands them over first; the id makes that harmless.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type CmsOauthError, isCmsOauthError, NotPermittedError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { namesIn } from '../files/names-in.ts'
import { ownUserId } from '../files/trusted-owner.ts'
import { findOutbox } from './outbox-path.ts'
import { isNowhere } from './patiently.ts'
import { homeDirectory, unsentDirectory } from './unsent-directory.ts'

/** Where no daemon ever runs, what is kept must not fill the disk. */
const mostFiles = 1_000
const refusedSuffix = '.refused'

/** What became of a message that nobody took. */
export type Kept = { path: string } | { reason: string }

/** Keeps the request in a file; where none can be written, the message in dead.letter, and else says why not. */
export function keepUnsent(
  id: string,
  request: readonly Buffer[],
  message: Buffer,
  env: NodeJS.ProcessEnv = process.env,
): Kept {
  const directory = unsentDirectory(env)
  if (directory === undefined) return { reason: 'there is no home directory to keep it in' }
  // Whatever umask the caller has, we must be able to read the file again.
  const umask = process.umask(0o077)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (idsIn(directory).length >= mostFiles) {
      return { reason: `"${directory}" holds ${mostFiles} of them already` }
    }
    const path = join(directory, id)
    // A leading dot until it is whole.
    const temporary = join(directory, `.${id}`)
    writeFileSync(temporary, Buffer.concat(request), { mode: 0o600, flag: 'wx', flush: true })
    renameSync(temporary, path)
    return { path }
  } catch (error) {
    return appendDeadLetter(message, env) ?? { reason: reasonOf(directory, error) }
  } finally {
    process.umask(umask)
  }
}

function reasonOf(directory: string, error: unknown): string {
  return `"${directory}" cannot be written: ${withErrnoWords((error as NodeJS.ErrnoException).code)}`
}

function appendDeadLetter(message: Buffer, env: NodeJS.ProcessEnv): Kept | undefined {
  const path = join(homeDirectory(env) ?? '/', 'dead.letter')
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  try {
    const descriptor = openSync(path, flags, 0o600)
    writeFileSync(descriptor, Buffer.concat([message, Buffer.from('\n')]))
    closeSync(descriptor)
    return { path }
  } catch {
    return undefined
  }
}

/** What became of the messages that were kept. */
export interface UnsentOutcome {
  taken: number
  /** Refused for good, or not ours to hand over: the files that they are in now, and why. */
  refused: { path: string; error: CmsOauthError }[]
  /** Why the rest of what is for that outbox was left; of several, the first. */
  stoppedBy?: CmsOauthError
}

/**
 * Gives each to `hand`, oldest first, with the environment in which its outbox is found, and removes what was
 * taken. What is refused for good becomes `ID.refused`, for a person to decide about; what is for an outbox that is
 * not there, or full, is left.
 */
export async function handOverUnsent(
  hand: (request: Buffer, env: NodeJS.ProcessEnv) => Promise<unknown>,
  files: readonly string[] = unsentFiles(),
): Promise<UnsentOutcome> {
  const done: UnsentOutcome = { taken: 0, refused: [] }
  const stopped = new Set<string | undefined>()
  for (const path of files) {
    let outbox: string | undefined
    try {
      const request = readOwn(path)
      if (request === undefined) continue
      outbox = outboxOf(request)
      if (stopped.has(outbox)) continue
      await hand(request, environmentOf(outbox))
      unlinkSync(path)
      done.taken += 1
    } catch (error) {
      if (!isCmsOauthError(error)) continue
      if (isTemporary(error)) {
        stopped.add(outbox)
        done.stoppedBy ??= error
        continue
      }
      const isOurs = !(error instanceof NotOurs)
      done.refused.push({ path: isOurs ? moveAway(path) : path, error })
    }
  }
  return done
}

/** The one that its caller named; undefined: the usual one. */
function outboxOf(request: Buffer): string | undefined {
  try {
    const end = request.indexOf('\n')
    const { outbox } = JSON.parse(request.toString('utf8', 0, Math.max(0, end))) as {
      outbox?: string
    }
    return outbox
  } catch {
    return undefined
  }
}

/** What no outbox was named for is for the usual one: for the one that is named now only where there is none. */
function environmentOf(outbox = ''): NodeJS.ProcessEnv {
  const env = { ...process.env, CMS_OUTBOX: outbox }
  return outbox === '' && findOutbox(env) === undefined ? process.env : env
}

/**
 * A file that is not handed over: sent as ours it would be another user's mail, or it would be sent again
 * each time.
 */
class NotOurs extends NotPermittedError {}

/**
 * The request in a file; undefined where it is gone.
 * @throws NotOurs where somebody else has made it, it is not a file, or it cannot be read or removed
 */
function readOwn(path: string): Buffer | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, W_OK, X_OK } = constants
  let descriptor: number | undefined
  try {
    accessSync(dirname(path), W_OK | X_OK)
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const stats = fstatSync(descriptor)
    if (stats.isFile() && stats.uid === ownUserId()) return readFileSync(descriptor)
    throw new NotOurs(`"${path}" is not a file of yours`, {
      hint: 'have the user who owns it hand it over, or remove it',
    })
  } catch (error) {
    if (error instanceof NotOurs) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new NotOurs(`"${path}" cannot be read and removed: ${withErrnoWords(code)}`, {
      hint: 'make its directory writable and the file readable for its user',
    })
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** The files of the messages that are kept, the oldest first; those that were refused only for `isAll`. */
export function unsentFiles({
  directory = unsentDirectory(process.env),
  isAll = false,
}: UnsentQuery = {}): string[] {
  const names = directory === undefined ? [] : idsIn(directory, isAll)
  return names.map((name) => join(directory ?? '', name))
}

interface UnsentQuery {
  directory?: string | undefined
  isAll?: boolean
}

function isTemporary(error: CmsOauthError): boolean {
  const codes: string[] = ['daemon_unreachable', 'outbox_full', 'provider_protocol', 'store_locked']
  return codes.includes(error.code) || isClosed(error) || isNowhere(error)
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
function idsIn(directory: string, isAll = false): string[] {
  const pattern = isAll ? /^[\w-]+(?:\.refused)?$/ : /^[\w-]+$/
  return namesIn(directory)
    .filter((name) => pattern.test(name))
    .toSorted()
}
