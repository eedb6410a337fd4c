import type { FileStoreConfiguration } from '../../../configuration/configuration.ts'
import { explain } from '../../../files/system-error.ts'
import { loadMasterKey } from '../../../sealing/master-key.ts'
import type { KeyChange } from '../../../sealing/seal-again.ts'
import { Aside, runtimePlaceOf } from '../aside.ts'
import type { HeldRecord } from '../engine.ts'
import { clearAway } from '../file-engine/clear-away.ts'
import { type FileEngineOptions, openFileEngine } from '../file-engine/file-engine.ts'
import { lockAll } from '../file-engine/lock-all.ts'
import { tagOf } from '../tag.ts'
import { isAllSealedWith, rekeyHeld } from './rekey-held.ts'
import type { Rekeyed, RekeyOptions } from './rekeyed.ts'
import { requireOtherKeys } from './require-other-keys.ts'

type FileRekeyOptions = RekeyOptions & Pick<FileEngineOptions, 'fileSystem'>

const nobody = () => ''

/** Seals the records of a store in files again, and those that wait aside for its disk. */
export async function rekeyFiles(
  from: FileStoreConfiguration,
  to: FileStoreConfiguration,
  options: FileRekeyOptions,
): Promise<Rekeyed> {
  const { stateDirectory } = from
  try {
    const engine = openFileEngine({ ...options, stateDirectory, issuer: nobody })
    const aside = new Aside(runtimePlaceOf({ ...options, stateDirectory }), () => tagOf(''))
    clearAway(stateDirectory, stateDirectory)
    if (aside.directory !== undefined) clearAway(stateDirectory, aside.directory)
    const release = await lockAll(stateDirectory)
    try {
      const [kept, waiting] = [await engine.list(), aside.list()]
      const keys = await loadKeys(from, to, [...kept, ...waiting], options)
      const rekeyed: Rekeyed = { sealed: 0, kept: 0, left: [] }
      await rekeyHeld(waiting, keys, rekeyed, (key, sealed) => aside.write(key, sealed))
      await rekeyHeld(kept, keys, rekeyed, async (key, sealed, { revision }) => {
        return (await engine.put(key, sealed, revision)) === 'durable'
      })
      return rekeyed
    } finally {
      await release()
    }
  } catch (error) {
    throw explain(stateDirectory, error)
  }
}

/** A new key is made only where nothing is sealed with one that is gone. */
async function loadKeys(
  { key, stateDirectory }: FileStoreConfiguration,
  to: FileStoreConfiguration,
  records: readonly HeldRecord[],
  { onWaiting }: RekeyOptions,
): Promise<KeyChange> {
  const present = { stateDirectory, onWaiting, isStoreEmpty: false }
  const old = await loadMasterKey(key, present)
  const isStoreEmpty = isAllSealedWith(records, old.id)
  const next = await loadMasterKey(to.key, { ...present, isStoreEmpty })
  requireOtherKeys(old.id === next.id)
  return { from: old, to: next }
}
