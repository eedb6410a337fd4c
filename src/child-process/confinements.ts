/** What each child of the daemon may open besides what every program needs. */
import { join } from 'node:path'
import type {
  Configuration,
  EtcdStoreConfiguration,
  SecretSource,
  StoreKeySource,
} from '../configuration/configuration.ts'
import {
  certificatesOfEngine,
  filesOfStore,
  secretsOfEngine,
  secretsOfStore,
} from '../configuration/files-of-store.ts'
import type { Confinement } from '../messages/confinement.ts'
import { spoolsDirectory } from '../spool/spool-folders.ts'

/** The bridge opens no file: certificates and verifiers are given to it. */
export const bridgeConfinement: Confinement = {
  reads: [],
  makes: [],
  writes: [],
  runsPrograms: false,
}

/** The outbox and the sender open the spools, and no record of the store that is above them. */
export function spoolConfinement(stateDirectory: string): Confinement {
  return { ...bridgeConfinement, writes: [spoolsDirectory(stateDirectory)] }
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
  const all = [...secretsOfStore(store), ...sources]
  if (all.some(runsCommand)) return undefined
  return {
    reads: [...new Set([...filesOfStore(store), ...all.flatMap((each) => fileOf(each, env))])],
    makes: store.key?.from === 'file' ? [store.key.path] : [],
    writes: [store.stateDirectory, runtimeDirectory],
    runsPrograms: store.key?.from === 'keyring',
  }
}

/**
 * A follower opens what the way to the engine and the shared tokens need, and no key of grants; undefined
 * where a secret comes from a command.
 */
export function followerConfinement(
  store: EtcdStoreConfiguration,
  env: NodeJS.ProcessEnv,
): Confinement | undefined {
  const secrets = secretsOfEngine(store)
  if (secrets.some(runsCommand)) return undefined
  const files = [...certificatesOfEngine(store), ...secrets.flatMap((each) => fileOf(each, env))]
  return { ...bridgeConfinement, reads: [...new Set(files)] }
}

function runsCommand({ from }: SecretSource | StoreKeySource): boolean {
  return from === 'command'
}

function fileOf(source: SecretSource | StoreKeySource, env: NodeJS.ProcessEnv): string[] {
  const { CREDENTIALS_DIRECTORY: credentials = '' } = env
  if (source.from === 'credential') return [join(credentials, source.name)]
  return source.from === 'file' ? [source.path] : []
}
