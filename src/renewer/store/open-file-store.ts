import type { StoreKeySource } from '../../configuration/configuration.ts'
import { explain } from '../../files/system-error.ts'
import { loadMasterKey } from '../../sealing/master-key.ts'
import { Aside, runtimePlaceOf } from './aside.ts'
import { clearAway } from './file-engine/clear-away.ts'
import { type FileEngineOptions, openFileEngine } from './file-engine/file-engine.ts'
import { requireKeyOf } from './require-key.ts'
import { Store, type StoreOptions } from './store.ts'
import { tagOf } from './tag.ts'

interface FileStoreOptions extends FileEngineOptions, StoreOptions {
  key: StoreKeySource
  /** Takes what the disk refuses, sealed, until it takes writes again; lost at a reboot. */
  runtimeDirectory?: string
}

/**
 * Opens a store in files: proves that the disk takes files and that the key is the right one, and clears
 * away what writers that were killed have left. No lock is waited for: that is for who reads and changes
 * the grants.
 * @throws StoreUnreadableError, InsecureFileModeError; no record is changed then
 */
export async function openFileStore(options: FileStoreOptions): Promise<Store> {
  const { stateDirectory, issuer } = options
  try {
    const aside = new Aside(runtimePlaceOf(options), () => tagOf(issuer()))
    const engine = openFileEngine(options)
    const records = [...(await engine.list()), ...aside.list()]
    const isStoreEmpty = records.length === 0
    const key = await loadMasterKey(options.key, { ...options, isStoreEmpty })
    requireKeyOf(records, key)
    clearAway(stateDirectory, stateDirectory)
    if (aside.directory !== undefined) clearAway(stateDirectory, aside.directory)
    return new Store(options, { engine, aside, key })
  } catch (error) {
    throw explain(stateDirectory, error)
  }
}
