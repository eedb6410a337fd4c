import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { isLoopback, writeListenAddress } from '../../configuration/listen-address.ts'
import { ConfigInvalidError } from '../../errors.ts'
import type { InheritedSocket } from '../systemd.ts'

/**
 * The bridges with the addresses of the sockets that systemd has made for their names.
 * @throws ConfigInvalidError for a name of which there is none, and for a socket that cannot be served
 */
export function withInheritedSockets(
  bridges: readonly BridgeConfiguration[],
  inherited: readonly InheritedSocket[],
): BridgeConfiguration[] {
  const resolved = bridges.map((bridge) => withThoseOfItsName(bridge, inherited))
  requireDistinct(resolved)
  return resolved
}

/** True for a socket of systemd that belongs to the bridge: by its name, or by an address. */
export function takesSocket(
  { name, listen }: BridgeConfiguration,
  socket: InheritedSocket,
): boolean {
  const where = writeListenAddress(socket.address)
  return socket.name === name || listen.some((address) => writeListenAddress(address) === where)
}

function withThoseOfItsName(
  bridge: BridgeConfiguration,
  inherited: readonly InheritedSocket[],
): BridgeConfiguration {
  const { name, listen } = bridge
  if (name === undefined) return bridge
  const named = inherited.filter((socket) => socket.name === name)
  if (named.length === 0) throw notPassed(name, inherited)
  // Without "networks" the file was not checked for what other machines need.
  if (bridge.networks.length === 0) {
    for (const { address } of named) requireOfThisMachine(name, address)
  }
  const addresses = [...listen, ...named.map(({ address }) => address)]
  const byName = new Map(addresses.map((address) => [writeListenAddress(address), address]))
  return { ...bridge, listen: [...byName.values()] }
}

function notPassed(name: string, inherited: readonly InheritedSocket[]): ConfigInvalidError {
  const others = [...new Set(inherited.map((socket) => `"${socket.name}"`))].join(', ')
  const passed = inherited.length === 0 ? 'none at all' : `only ${others}`
  const message = `systemd has passed no socket with the name "${name}" of a [[bridge]], but ${passed}`
  const hint = `stop cms-oauthd.service, start the .socket unit with FileDescriptorName=${name} and Service=cms-oauthd.service, then start the service; without systemd write "listen" instead of "name"`
  return new ConfigInvalidError(message, { hint })
}

/** What is checked of `listen` in the file; the addresses of systemd's sockets are known only here. */
function requireOfThisMachine(name: string, address: InheritedSocket['address']): void {
  if ('path' in address || isLoopback(address.host)) return
  const where = writeListenAddress(address)
  const message = `systemd's socket "${name}" listens on "${where}", which other machines reach`
  const hint = `write the address of this machine alone into the .socket unit, like ListenStream=127.0.0.1:${address.port}`
  throw new ConfigInvalidError(message, { hint })
}

function requireDistinct(bridges: readonly BridgeConfiguration[]): void {
  const seen = new Set<string>()
  for (const where of bridges.flatMap(({ listen }) => listen.map(writeListenAddress))) {
    if (seen.has(where)) {
      throw new ConfigInvalidError(`two [[bridge]] entries serve "${where}"`, {
        hint: 'one by "name" and one by "listen": remove one of them',
      })
    }
    seen.add(where)
  }
}
