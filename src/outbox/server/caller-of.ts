import { outboxAccess } from '../../configuration/outbox-access.ts'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { NotPermittedError, RequestInvalidError } from '../../errors.ts'
import type { PeerCredentials } from '../../kernel/peer-credentials.ts'
import { userNameOf } from '../../kernel/user-database.ts'
import type { ToldCaller } from '../../messages/outbox-api.ts'
import { parseJsonAs } from '../../shapes/parse-json-as.ts'
import { number, type Shape, text, variants } from '../../shapes/shape.ts'
import type { Caller } from '../submission/submission.ts'
import type { RefusedCallers } from './refused-callers.ts'

const toldShape: Shape<ToldCaller> = variants<ToldCaller, 'by'>('by', {
  peer: { uid: number },
  password: { name: text },
  network: { name: text },
})

/** The caller that the kernel names. @throws NotPermittedError where "allow" does not list it: `refused` notes that */
export function allowedCaller(
  configuration: OutboxConfiguration,
  peer: PeerCredentials,
  refused: Pick<RefusedCallers, 'note'>,
): Caller {
  const login = userNameOf(peer.uid)
  if (outboxAccess(configuration).admits(peer)) return { uid: peer.uid, login }
  const error = new NotPermittedError(
    `the user "${login}" may not send by the outbox "${configuration.name}"`,
    {
      hint: `add "${login}" to users of "allow" of the [[outbox]], then run "cms-oauth reload"`,
    },
  )
  refused.note(peer.uid, error)
  throw error
}

/**
 * The caller that the bridge has let in.
 * @throws NotPermittedError where it is not the bridge that says so, RequestInvalidError
 */
export function toldCaller(json: string, peer: PeerCredentials): Caller {
  const ours = process.geteuid?.() ?? 0
  if (peer.uid !== ours) {
    throw new NotPermittedError('only the bridge may say for whom it sends', {
      hint: 'send without Cms-Oauth-Caller',
    })
  }
  const told = parseJsonAs(json, toldShape)
  if (told === undefined) throw new RequestInvalidError('Cms-Oauth-Caller is not as agreed')
  if (told.by === 'peer') return { uid: told.uid, login: userNameOf(told.uid) }
  return { uid: ours, login: told.name, by: told.by }
}
