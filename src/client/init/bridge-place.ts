import { once } from 'node:events'
import { createServer } from 'node:net'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { areInConflict, type ListenAddress } from '../../configuration/listen-address.ts'
import type { LocalTlsMode } from '../../configuration/local-listener.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import type { Answers } from './answers.ts'
import { findPasswordProgram } from './password-programs.ts'

/** Where programs find the bridge. */
export interface BridgePlace {
  protocol: Protocol
  host: string
  port: number
  tls: LocalTlsMode
  /** The configuration has this bridge already. */
  isThere: boolean
}

const firstPorts: Record<Protocol, number> = { SMTP: 1587, IMAP: 1143, POP: 1110 }
const lastPort = 65_535

/**
 * A bridge of the configuration that serves the program, or a free port for a new one; undefined where the
 * program needs none, or no port is free.
 */
export async function findBridgePlace(
  { user, bridge }: Answers,
  bridges: readonly BridgeConfiguration[] = [],
): Promise<BridgePlace | undefined> {
  if (bridge === undefined) return undefined
  const { protocol } = findPasswordProgram(bridge.program)
  const { host = '127.0.0.1', tls = 'off', network } = bridge.device ?? {}
  const serving = bridges.filter((each) => {
    return each.protocol === protocol && each.tls === tls && isFor(each, user, network)
  })
  const found = serving.flatMap(({ listen }) => listen).find((each) => isAt(each, host))
  if (found !== undefined) return { protocol, tls, ...found, isThere: true }
  const taken = bridges.flatMap(({ listen }) => listen)
  for (let port = firstPorts[protocol]; port < lastPort; port += 1) {
    const place = { host, port }
    const isTaken = taken.some((each) => areInConflict(each, place))
    if (!isTaken && (await isFree(place))) return { protocol, tls, ...place, isThere: false }
  }
  return undefined
}

function isFor(
  { accounts, callers, networks }: BridgeConfiguration,
  user: string,
  network: string | undefined,
): boolean {
  const isServed = accounts.some((account) => account.user === user)
  const isReached = network === undefined || networks.includes(network)
  return isServed && isReached && callers.includes('password')
}

function isAt(address: ListenAddress, host: string): address is { host: string; port: number } {
  return 'host' in address && address.host === host
}

async function isFree({ host, port }: { host: string; port: number }): Promise<boolean> {
  const server = createServer().listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
    return true
  } catch (error) {
    // The daemon reports any other trouble, with the address in its words.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE'
  } finally {
    server.close()
  }
}
