import { isCmsOauthError, StoreUnreadableError } from '../../errors.ts'
import type { HeldRecord } from './engine.ts'
import { keyIdOf } from '../../sealing/envelope.ts'
import type { MasterKey } from '../../sealing/master-key.ts'

/**
 * Tells a wrong key from a damaged record: no record at all names the key then.
 * @throws StoreUnreadableError
 */
export function requireKeyOf(records: readonly Pick<HeldRecord, 'read'>[], key: MasterKey): void {
  let isForeign = false
  for (const record of records) {
    const keyId = legibleKeyId(record)
    if (keyId === key.id) return
    isForeign ||= keyId !== undefined
  }
  if (!isForeign) return
  throw new StoreUnreadableError('the records of the store are sealed with another key', {
    hint: 'restore the key that they were sealed with; nothing was changed',
  })
}

function legibleKeyId(record: Pick<HeldRecord, 'read'>): string | undefined {
  try {
    return keyIdOf(record.read() ?? Buffer.of())
  } catch (error) {
    // One record that cannot be read must not cost the other accounts; its own job names it.
    if (isCmsOauthError(error)) return undefined
    throw error
  }
}
