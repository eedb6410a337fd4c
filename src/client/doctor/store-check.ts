import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { failure, type Finding, ok, warning } from '../../configuration/finding.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { excessOf } from '../../files/file-access.ts'
import type { Diagnostics } from '../../messages/control-api.ts'

/** Where the records and their key are, as the daemon or the configuration says. */
export interface StorePlaces {
  stateDirectory: string
  key: Diagnostics['store']['key']
  /** Whose they must be. */
  uid: number
}

const origins = { credential: 'a credential', keyring: 'the keyring', command: 'a command' }
const openToOthers = 0o077
const writableByOthers = 0o022
const recordSuffix = '.grant'

/** Owners and modes of the records and of their key; no content is read. */
export function checkStore({ stateDirectory, key, uid }: StorePlaces): Finding[] {
  const [store, recordCount] = checkDirectory(stateDirectory, uid)
  return key.from === 'file'
    ? [store, checkKey(key.path, uid, recordCount)]
    : [store, ok('key', `comes from ${origins[key.from]}; read when the renewer opens the store`)]
}

function checkDirectory(path: string, uid: number): [Finding, number] {
  try {
    const stats = lstatSync(path)
    const names = readdirSync(path).filter((name) => name.endsWith(recordSuffix))
    const open = names.find((name) => isOpen(lstatSync(join(path, name)), uid, openToOthers))
    if (isOpen(stats, uid, writableByOthers)) return [insecure('store', path), names.length]
    if (open !== undefined) return [insecure('store', join(path, open)), names.length]
    const count = names.length === 1 ? '1 record' : `${names.length} records`
    return [ok('store', `${path}: ${count}, closed to others`), names.length]
  } catch (error) {
    return [unseen('store', path, error), 0]
  }
}

function checkKey(path: string, uid: number, recordCount: number): Finding {
  try {
    const stats = lstatSync(path)
    const change = excessOf(stats, 'secret')
    if (isOpen(stats, uid, 0) || change !== undefined) return insecure('key', path, change)
    return isReadable(stats, uid) ? ok('key', `${path}: closed to others`) : unreadable(path, stats)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || recordCount === 0) return unseen('key', path, error)
    const hint = 'restore it from a backup, or move the records away and sign in again'
    return failure('key', 'store_unreadable', `${path}: is missing, but there are records`, hint)
  }
}

function isOpen({ uid: owner, mode }: Stats, uid: number, bits: number): boolean {
  return (owner !== uid && owner !== 0) || (mode & bits) !== 0
}

/** Of a file of root's, whether a group may read it; which one is the administrator's choice. */
function isReadable({ uid: owner, mode }: Stats, uid: number): boolean {
  return uid === 0 || (mode & (owner === uid ? 0o400 : 0o040)) !== 0
}

function unreadable(path: string, { uid: owner }: Stats): Finding {
  const text = `${path}: closed to the user of cms-oauthd too`
  const change =
    owner === 0
      ? `give it to the group of that user, and run "chmod g+r ${path}"`
      : `run "chmod u+r ${path}"`
  return failure('key', 'store_unreadable', text, change)
}

function insecure(subject: string, path: string, change = 'go='): Finding {
  const text = `${path}: belongs to somebody else, or others have access to it`
  const hint = `give it to the user of cms-oauthd, and run "chmod ${change} ${path}"`
  return failure(subject, 'insecure_file_mode', text, hint)
}

function unseen(subject: string, path: string, error: unknown): Finding {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT'
    ? ok(subject, `${path}: is not there yet; the daemon makes it`)
    : warning(
        subject,
        `${path}: cannot be checked: ${withErrnoWords(code)}`,
        'run doctor as its owner',
      )
}
