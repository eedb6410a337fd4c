import { createHmac, hkdfSync } from 'node:crypto'
import type { StoreKeySource } from '../configuration/configuration.ts'
import { readStoreKey, type StoreKeyOptions } from '../secrets/store-key.ts'

/** The key that seals every record. */
export interface MasterKey {
  bytes: Buffer
  /** Names the key without giving it away: 16 hexadecimal digits. */
  id: string
}

/**
 * Derives it from the store's key.
 * @throws StoreUnreadableError, InsecureFileModeError, StoreLockedError while the keyring is locked
 */
export async function loadMasterKey(
  source: StoreKeySource,
  options: StoreKeyOptions,
): Promise<MasterKey> {
  const material = await readStoreKey(source, options)
  const bytes = Buffer.from(hkdfSync('sha256', material, '', 'cms-oauth store', 32))
  const id = createHmac('sha256', bytes).update('key id').digest('hex').slice(0, 16)
  return { bytes, id }
}
