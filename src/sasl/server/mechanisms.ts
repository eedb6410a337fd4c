/**
 * The server's side of the mechanisms by which a program sends a password, each as a generator: it
 * yields challenges, takes responses (both decoded) and returns what was claimed. Neither side of
 * RFC 4013 (SASLprep) is needed: generated passwords and the names that may match are plain ASCII,
 * which it leaves as it is.
 */
import { type Exchange, MalformedResponseError, type MechanismContext } from './exchange.ts'
import { findPassword } from './passwords.ts'
import { scramSha256 } from './scram-sha-256.ts'

/** The mechanisms, in the order in which they are offered. */
export const serverMechanisms: Record<string, (context: MechanismContext) => Exchange> = {
  PLAIN: plain,
  LOGIN: login,
  'SCRAM-SHA-256': scramSha256,
}

/** RFC 4616. */
function* plain({ passwords }: MechanismContext): Exchange {
  const parts = (yield '').split('\0')
  const [authorizationId = '', user = '', password = ''] = parts
  if (parts.length !== 3) throw new MalformedResponseError('not a message of PLAIN')
  return { user, authorizationId, password: findPassword(passwords(), password) }
}

/** No RFC; these are the prompts of the servers that devices were built for. */
function* login({ passwords }: MechanismContext): Exchange {
  const user = yield 'Username:'
  const password = yield 'Password:'
  return { user, authorizationId: '', password: findPassword(passwords(), password) }
}
