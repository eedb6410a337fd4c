import {
  closeSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { ConfigInvalidError, isCmsOauthError, UsageError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { readConfiguration } from '../read-configuration.ts'
import { say } from '../terminal.ts'
import type { Interview } from './interview.ts'
import type { Plan } from './plan.ts'

/** The text of a file; undefined if it does not exist. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cannot('read', path, error)
  }
}

/**
 * Writes the secret, the program's files and the configuration, in this order, and reports each; no
 * existing file is replaced without a yes.
 * @throws UsageError if a file cannot be written, ConfigInvalidError if the addition does not fit
 */
export async function writeFiles(plan: Plan, interview: Interview): Promise<void> {
  const { secret, files, configuration, configFile, isNew } = plan
  if (secret !== undefined) await writeSecret(secret.path, secret.text, interview)
  for (const { path, text, advice, isThere } of files) {
    const isOther = !isThere && readIfThere(path) !== undefined
    if (!isThere && !isOther) writeNew(path, text)
    const what = isThere ? 'there already:' : isOther ? 'left as it is:' : 'wrote'
    say(`${what} ${path}`)
    if (advice !== '' && !plan.isOfSystem) say(`  ${advice}`)
  }
  if (configuration === '') return
  if (isNew) writeNew(configFile, configuration)
  else await append(configFile, configuration)
  say(`${isNew ? 'wrote' : 'added to'} ${configFile}`)
}

async function writeSecret(path: string, text: string, interview: Interview): Promise<void> {
  const found = readIfThere(path)
  if (found === text) return
  if (found !== undefined) {
    const options = { fallback: 'no', whenOver: 'no' } as const
    const answer = await interview.offer(`${path} is there. Replace it`, ['yes', 'no'], options)
    if (answer === 'no') return say(`left as it is: ${path}`)
    rmSync(path)
  }
  writeNew(path, text)
  say(`wrote ${path}`)
}

/** Fails if the file has been created in the meantime. @throws UsageError */
export function writeNew(path: string, text: string, rights?: Rights): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const fd = openSync(path, 'wx', 0o600)
    try {
      if (rights !== undefined) giveRights(fd, rights)
      writeFileSync(fd, text)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw cannot('written', path, error)
  }
}

type Rights = Pick<Stats, 'mode' | 'uid' | 'gid'>

/** By the descriptor: whoever owns the directory may have put a link to another file in its place. */
function giveRights(fd: number, { mode, uid, gid }: Rights): void {
  fchownSync(fd, uid, gid)
  fchmodSync(fd, mode & 0o777)
}

/** Replaces the configuration by a longer one, once that has been checked. */
async function append(path: string, text: string): Promise<void> {
  const target = realpathSync(path)
  const draft = `${target}.new`
  const before = readFileSync(target, 'utf8').trimEnd()
  writeNew(draft, `${before}\n\n${text}`, statSync(target))
  try {
    await readConfiguration({ file: draft, env: process.env })
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    if (!isCmsOauthError(error)) throw cannot('written', path, error)
    throw new ConfigInvalidError(`what is to be added to "${path}" does not fit in`, {
      hint: `add it by hand, where it fits:\n${text}\n${error.message.replaceAll(draft, path)}`,
      cause: error,
    })
  }
}

function cannot(done: 'read' | 'written', path: string, error: unknown): UsageError {
  const code = withErrnoWords((error as NodeJS.ErrnoException).code)
  return new UsageError(`"${path}" cannot be ${done}: ${code}`, {
    hint: 'check the directories above it, or name another file with --config',
    cause: error,
  })
}
