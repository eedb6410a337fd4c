import type { ToldCaller } from '../messages/outbox-api.ts'
import type { Entry } from './gate.ts'
import type { Remote } from './remote.ts'

/** What an outbox is told about the caller: whose program it is, the name of its password, or its address. */
export function callerOf(by: Entry['by'], { uid, address }: Remote): ToldCaller {
  if (by === 'peer' && uid !== undefined) return { by, uid }
  if (by === 'network' && address !== undefined) return { by, name: address }
  return { by: 'password', name: by }
}
