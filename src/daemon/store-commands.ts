import { isDeepStrictEqual } from 'node:util'
import type { StoreConfiguration } from '../configuration/configuration.ts'
import { shellWord } from '../command-line/shell-word.ts'
import { ConfigInvalidError, StoreUnreadableError } from '../errors.ts'
import { failOnce } from './sign-in/fail-once.ts'
import { type StoreSources, withStores } from './with-store.ts'

/**
 * `cms-oauthd --store-copy FROM TO`: carries the sign-ins of one configuration's store to that of another,
 * where they are newer; nothing is removed.
 * @throws CmsOauthError; StoreUnreadableError with a line for each sign-in that was not copied
 */
export async function copyStore(
  sources: StoreSources,
  files: readonly [string, string],
): Promise<void> {
  const { copied, kept, failed } = await withStores(sources, files, ({ renewer, to }) =>
    renewer.run('copy-store', { to }).catch(failOnce(commandOf('--store-copy', files))),
  )
  process.stdout.write(`${copySummary(copied, kept, files[1])}\n`)
  if (failed.length === 0) return
  const lines = failed.map(({ user, message, hint }) => `${user}: ${message} (${hint})`)
  throw new StoreUnreadableError(lines.join('\n'), {
    hint: 'run it again when that is done: what was copied stays',
  })
}

/**
 * `cms-oauthd --rekey OLD NEW`: seals every record of the store again, with the keys that the second
 * configuration names.
 * @throws CmsOauthError; StoreUnreadableError with a line for each record that neither key opens
 */
export async function rekeyStore(
  sources: StoreSources,
  files: readonly [string, string],
): Promise<void> {
  const { sealed, kept, left } = await withStores(sources, files, ({ renewer, from, to }) => {
    requireSameStore(from, to, files)
    return renewer.run('rekey-store', { to }).catch(failOnce(commandOf('--rekey', files)))
  })
  process.stdout.write(`${rekeySummary(sealed, kept)}\n`)
  if (left.length === 0) {
    process.stdout.write(`Start cms-oauthd with "${files[1]}"; only backups need the old key\n`)
    return
  }
  throw new StoreUnreadableError(left.join('\n'), {
    hint: 'correct that and run it again, or sign in again with "cms-oauth login"; keep the old key until then, all other records have the new one',
  })
}

function commandOf(option: string, files: readonly [string, string]): string {
  return ['cms-oauthd', option, ...files.map(shellWord)].join(' ')
}

function copySummary(copied: number, kept: number, toFile: string): string {
  const carried = copied === 1 ? '1 sign-in was copied' : `${copied} sign-ins were copied`
  if (kept === 0) return carried
  const held = kept === 1 ? '1 was' : `${kept} were`
  return `${carried}; ${held} in the store of "${toFile}" already, as it is or newer`
}

function rekeySummary(sealed: number, kept: number): string {
  const done = sealed === 1 ? '1 record was sealed again' : `${sealed} records were sealed again`
  const already = kept === 1 ? '1 was' : `${kept} were`
  return kept === 0 ? done : `${done}; ${already} sealed with the new key already`
}

/** @throws ConfigInvalidError where they differ in more than keys */
function requireSameStore(
  from: StoreConfiguration,
  to: StoreConfiguration,
  [oldFile, newFile]: readonly [string, string],
): void {
  if (isDeepStrictEqual(placeOf(from), placeOf(to))) return
  throw new ConfigInvalidError(`"${oldFile}" and "${newFile}" name two different stores`, {
    hint: 'the second file is as the first but for the keys of [store]; --store-copy carries sign-ins from one store to another',
  })
}

function placeOf(store: StoreConfiguration): object {
  const { kind, stateDirectory } = store
  if (kind === 'files') return { kind, stateDirectory }
  return { kind, stateDirectory, endpoints: store.endpoints.toSorted(), prefix: store.prefix }
}
