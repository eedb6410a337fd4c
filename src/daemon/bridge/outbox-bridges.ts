import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { outboxExtensions } from '../../configuration/outbox-extensions.ts'
import { outboxPath } from '../outbox/outbox-path.ts'
import type { InheritedSocket } from '../systemd.ts'

/** Of a login; the outbox needs no place for it. */
const waitMs = 10_000

/**
 * The listeners of outboxes, as bridges: one process decides for both who may send. Connections then go on
 * to the outbox's own socket.
 */
export function outboxBridges(
  outboxes: readonly OutboxConfiguration[],
  inherited: readonly InheritedSocket[],
): BridgeConfiguration[] {
  return outboxes.flatMap((outbox) => {
    const { listener, account, allow, mode, owner, group, name, rules } = outbox
    if (listener === undefined) return []
    return {
      ...listener,
      protocol: 'SMTP' as const,
      accounts: [{ user: account, server: '', connections: 0 }],
      account,
      accountBySender: false,
      ...(allow === undefined ? {} : { allow }),
      waitMs,
      mode,
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      outbox: {
        name,
        path: outboxPath(outbox, inherited),
        extensions: outboxExtensions(rules),
      },
    }
  })
}
