import { writeListenAddress } from '../../configuration/listen-address.ts'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import type { InheritedSocket } from '../systemd.ts'

/** The path that an outbox listens on: systemd's, where systemd made a socket of its name. */
export function outboxPath(
  { name, path }: Pick<OutboxConfiguration, 'name' | 'path'>,
  inherited: readonly InheritedSocket[],
): string {
  for (const socket of inherited) {
    if (socket.name === name && 'path' in socket.address) return socket.address.path
  }
  return path
}

/** True for a socket of systemd that belongs to the outbox: by its name, or by an address. */
export function takesOutboxSocket(
  { name, path, listener }: Pick<OutboxConfiguration, 'name' | 'path' | 'listener'>,
  socket: InheritedSocket,
): boolean {
  const where = writeListenAddress(socket.address)
  if (where === path || ('path' in socket.address && socket.name === name)) return true
  return listener?.listen.some((address) => writeListenAddress(address) === where) ?? false
}
