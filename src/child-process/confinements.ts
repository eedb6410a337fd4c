/** What each child of the daemon may open besides what every program needs. */
import { join } from 'node:path'
import type { Configuration, SecretSource, StoreKeySource } from '../configuration/configuration.ts'
import type { Confinement } from '../messages/confinement.ts'

/** The bridge opens no file: certificates and verifiers are given to it. */
export const bridgeConfinement: Confinement = {
  reads: [],
  makes: [],
  writes: [],
  runsPrograms: false,
}

/** The outbox and the sender open the spools, and no record of the store that is above them. */
export function spoolConfinement(stateDirectory: string): Confinement {
  return { ...bridgeConfinement, writes: [join(stateDirectory, 'outbox')] }
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
  const sources: SecretSource[] = accounts.flatMap((account) => [
    ...[account.clientSecret, account.serviceAccountKey, account.clientCertificate?.key].flatMap(
      (source) => source ?? [],
    ),
    ...[account.clientCertificate?.path, account.clientAssertionFile].flatMap((path) =>
      path === undefined ? [] : ({ from: 'file', path } as const),
    ),
  ])
  const all: (SecretSource | StoreKeySource)[] = [...storeKey(store), ...sources]
  if (all.some(({ from }) => from === 'command')) return undefined
  const { CREDENTIALS_DIRECTORY: credentials = '' } = env
  const files = all.flatMap((source) =>
    source.from === 'credential' ? join(credentials, source.name) : fileOf(source),
  )
  return {
    reads: [...new Set(files)],
    makes: storeKey(store).flatMap(fileOf),
    writes: [store.stateDirectory, runtimeDirectory],
    runsPrograms: store.key?.from === 'keyring',
  }
}

function storeKey({ key }: Configuration['store']): StoreKeySource[] {
  return key === undefined ? [] : [key]
}

function fileOf(source: SecretSource | StoreKeySource): string[] {
  return source.from === 'file' ? [source.path] : []
}
