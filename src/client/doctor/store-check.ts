import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { failure, errorFinding, type Finding, ok, warning } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import {
  accessFault,
  isReadableFor,
  type NamedFile,
  readCommand,
  requireDirectoryOf,
  typeFault,
} from '../../files/file-access.ts'
import { requirePrivateDirectory } from '../../files/safe-directory.ts'
import type { Diagnostics } from '../../messages/diagnostics.ts'

/** Where the records and their key are, according to the daemon or the configuration. */
export interface StorePlaces {
  stateDirectory: string
  key: Diagnostics['store']['key']
  /** The user they must belong to. */
  uid: number
}

const origins = {
  credential: 'comes from a credential; read when the renewer opens the store',
  keyring: 'comes from the keyring; read when the renewer opens the store',
  command: 'comes from a command; read when the renewer opens the store',
  none: 'there is none here: this host only reads the tokens that others share',
}
const recordSuffix = '.grant'
const sealedSuffixes = [recordSuffix, '.unconfirmed']

/** Checks owners and modes of the records and their key; reads no content. */
export function checkStore({ stateDirectory, key, uid }: StorePlaces): Finding[] {
  const [store, recordCount] = checkDirectory(stateDirectory, uid)
  return key.from === 'file'
    ? [store, checkKey(key.path, uid, recordCount)]
    : [store, ok('key', origins[key.from])]
}

function checkDirectory(path: string, uid: number): [Finding, number] {
  let recordCount = 0
  try {
    const names = readdirSync(path)
    recordCount = names.filter((name) => name.endsWith(recordSuffix)).length
    requirePrivateDirectory(path, uid)
    const faults = names
      .filter((name) => sealedSuffixes.some((suffix) => name.endsWith(suffix)))
      .flatMap((name) => {
        const file = { path: join(path, name), what: 'record', kind: 'record' } as const
        return faultsOf('store', file, uid)
      })
    const count = recordCount === 1 ? '1 record' : `${recordCount} records`
    return [faults[0] ?? ok('store', `${path}: ${count}, closed to others`), recordCount]
  } catch (error) {
    return [unseen('store', path, error), recordCount]
  }
}

function checkKey(path: string, uid: number, recordCount: number): Finding {
  try {
    const file = { path, what: "store's key", kind: 'storeKey' } as const
    const [fault] = faultsOf('key', file, uid)
    requireDirectoryOf(file, uid)
    return fault ?? ok('key', `${path}: closed to others`)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || recordCount === 0) return unseen('key', path, error)
    const hint = 'restore it from a backup, or move the records away and sign in again'
    return failure('key', 'store_unreadable', `${path}: is missing, but there are records`, hint)
  }
}

/** What the daemon of the user `uid` would refuse the file for. @throws NodeJS.ErrnoException */
function faultsOf(subject: string, file: NamedFile, uid: number): Finding[] {
  const stats = lstatSync(file.path)
  const notFile = typeFault(file, stats)
  if (notFile !== undefined) {
    return [failure(subject, 'store_unreadable', notFile.message, notFile.hint)]
  }
  const open = accessFault(file, stats, uid)
  if (open !== undefined) return [failure(subject, 'insecure_file_mode', open.message, open.hint)]
  if (isReadableFor(stats, uid)) return []
  const text = `the ${file.what} "${file.path}" is closed to the user of cms-oauthd too`
  const hint = `run "${readCommand(file.path, stats, uid)}"`
  return [failure(subject, 'store_unreadable', text, hint)]
}

function unseen(subject: string, path: string, error: unknown): Finding {
  if (isCmsOauthError(error)) return errorFinding(subject, error)
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT'
    ? ok(subject, `${path}: is not there yet; the daemon makes it`)
    : warning(
        subject,
        `${path}: cannot be checked: ${withErrnoWords(code)}`,
        'run doctor as its owner',
      )
}
