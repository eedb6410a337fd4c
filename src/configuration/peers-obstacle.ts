import { ConfigInvalidError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { findConnectionOwner } from '../kernel/connection-owner.ts'
import type { BridgeConfiguration } from './configuration.ts'

/** Which connection is asked about does not matter: this one never is. */
const nobody = {
  localAddress: '127.0.0.1',
  localPort: 1,
  remoteAddress: '127.0.0.1',
  remotePort: 1,
}

/**
 * Why a bridge with "peer" lets nobody in by a port, though its configuration is right: this process may
 * not ask the kernel whose connection it is. Undefined where all is well, and where nobody wants to know.
 */
export function peersObstacle(
  { callers, listen, name }: Pick<BridgeConfiguration, 'callers' | 'listen' | 'name'>,
  ask: typeof findConnectionOwner = findConnectionOwner,
): ConfigInvalidError | undefined {
  // What systemd opens for a name is a port as a rule.
  const hasPort = name !== undefined || listen.some((address) => !('path' in address))
  if (!hasPort || !callers.includes('peer')) return undefined
  try {
    ask(nobody)
    return undefined
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException
    if (typeof errno !== 'number') throw error
    const message = `the kernel does not say whose program connects: ${withErrnoWords(code)}; "peer" lets nobody in by a port`
    const hint =
      'add AF_NETLINK to RestrictAddressFamilies= of the unit (or what else confines cms-oauthd) and restart it, or let programs come by a UNIX socket or with a password'
    return new ConfigInvalidError(message, { hint, cause: error })
  }
}
