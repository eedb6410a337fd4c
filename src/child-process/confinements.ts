/** What each child of the daemon may open besides what every program needs. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Configuration, SecretSource, StoreKeySource } from '../configuration/configuration.ts'
import type { Confinement } from '../messages/confinement.ts'

/** The bridge opens no file: certificates and verifiers are given to it. */
export const bridgeConfinement: Confinement = { reads: [], writes: [], runsPrograms: false }

/** The outbox and the sender open the spools, and no record of the store that is above them. */
export function spoolConfinement(stateDirectory: string): Confinement {
  return { reads: [], writes: [join(stateDirectory, 'outbox')], runsPrograms: false }
}

/**
 * A renewer opens the store, and the directories of the key and of the secrets, whose files may be
 * replaced. Undefined where a secret comes from a command: it may read and write what it likes, and be
 * setuid or setgid, as 1Password's is.
 */
export function renewerConfinement(
  { store, accounts }: Pick<Configuration, 'store' | 'accounts'>,
  { runtimeDirectory, env }: { runtimeDirectory: string; env: NodeJS.ProcessEnv },
): Confinement | undefined {
  const sources = accounts.flatMap((account) => [
    ...[account.clientSecret, account.serviceAccountKey, account.clientCertificate?.key].flatMap(
      (source) => source ?? [],
    ),
    ...[account.clientCertificate?.path, account.clientAssertionFile].flatMap((path) =>
      path === undefined ? [] : ({ from: 'file', path } as const),
    ),
  ])
  const all: (SecretSource | StoreKeySource)[] = [store.key, ...sources]
  if (all.some(({ from }) => from === 'command')) return undefined
  const files = all.flatMap((source) => (source.from === 'file' ? dirname(source.path) : []))
  const credentials = env['CREDENTIALS_DIRECTORY']
  return {
    reads: [...new Set([...files, ...(credentials ? [credentials] : [])])],
    writes: [store.stateDirectory, runtimeDirectory, ...newKeyDirectory(store.key)],
    runsPrograms: store.key.from === 'keyring',
  }
}

/** Where a key is to be made: a renewer that finds one cannot change it. */
function newKeyDirectory(key: StoreKeySource): string[] {
  return key.from === 'file' && !existsSync(key.path) ? [dirname(key.path)] : []
}
