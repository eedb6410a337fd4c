import type { BridgedOutbox } from '../configuration/configuration.ts'
import type { ToldCaller } from '../messages/outbox-api.ts'
import { openDialogue } from '../socket-client/open-dialogue.ts'
import type { Upstream } from './upstream.ts'

/** An outbox that is started again is there before; programs give up after 20 s. */
const limitMs = 15_000

/** A connection to an outbox that takes mail of this caller. @throws CmsOauthError */
export async function enterOutbox(
  { name, path }: BridgedOutbox,
  caller: ToldCaller,
  signal: AbortSignal,
): Promise<Upstream> {
  const dialogue = await openDialogue(path, { caller, limitMs, signal })
  return { ...dialogue, server: `outbox "${name}"` }
}
