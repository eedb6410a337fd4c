import { createHmac, hkdfSync } from 'node:crypto'
import type { EngineSecretSource, StoreKeySource } from '../configuration/configuration.ts'
import { readTokenKey } from '../secrets/engine-secrets.ts'
import { readStoreKey, type StoreKeyOptions } from '../secrets/store-key.ts'

/** A key that seals records. */
export interface MasterKey {
  bytes: Buffer
  /** Names the key without giving it away: 16 hexadecimal digits. */
  id: string
}

/**
 * The key of grants, derived from the store's key.
 * @throws StoreUnreadableError, InsecureFileModeError, StoreLockedError while the keyring is locked
 */
export async function loadMasterKey(
  source: StoreKeySource,
  options: StoreKeyOptions,
): Promise<MasterKey> {
  return derive(await readStoreKey(source, options), 'cms-oauth store')
}

/** The key of the access tokens that hosts share. @throws StoreUnreadableError, InsecureFileModeError */
export async function loadTokenKey(source: EngineSecretSource): Promise<MasterKey> {
  return derive(await readTokenKey(source), 'cms-oauth shared tokens')
}

function derive(material: Buffer, purpose: string): MasterKey {
  const bytes = Buffer.from(hkdfSync('sha256', material, '', purpose, 32))
  const id = createHmac('sha256', bytes).update('key id').digest('hex').slice(0, 16)
  return { bytes, id }
}
