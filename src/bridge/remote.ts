import { isIPv6, type Socket } from 'node:net'
import type { BridgeLogFields } from '../messages/bridge-messages.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { isLoopback } from '../configuration/listen-address.ts'
import { isSystemError } from '../files/system-error.ts'
import { findConnectionOwner } from '../kernel/connection-owner.ts'
import { addressBytes } from '../kernel/address-bytes.ts'
import { descriptorOf } from '../kernel/descriptor-of.ts'
import { peerCredentials, peerGroups } from '../kernel/peer-credentials.ts'
import { plainAddress } from '../kernel/plain-address.ts'

/** Who is at the other end, as far as the kernel says. */
export interface Remote {
  uid?: number
  gid?: number
  /** Of a UNIX socket: the supplementary groups of the program. */
  groups?: readonly number[]
  /** Of a UNIX socket. */
  pid?: number
  /** Of TCP. */
  address?: string
}

/**
 * Who is at the other end of a connection; undefined where the client is gone already. To be called at once
 * after the connection came: the owner of a socket changes with time.
 */
export function identifyRemote(socket: Socket): Remote | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined) return identifyPeer(socket)
  if (remotePort === undefined || localAddress === undefined || localPort === undefined) {
    return undefined
  }
  const address = plainAddress(remoteAddress)
  if (!isLoopback(address)) return { address }
  const uid = ownerOf({ remoteAddress, remotePort, localAddress, localPort })
  return uid === undefined ? { address } : { address, uid }
}

/** What connections are counted by: the user, the address, or for IPv6 the network. */
export function originOf({ uid, address = '' }: Remote): string {
  if (uid !== undefined) return `uid ${uid}`
  if (!isIPv6(address)) return address
  // One machine may have all addresses of its network (RFC 4291 section 2.5.4).
  return `${addressBytes(address).toString('hex', 0, 8)}/64`
}

/** Who it is and where, for the log. */
export function fieldsOf(protocol: Protocol, remote: Remote): BridgeLogFields {
  const { gid: _, groups: __, ...shown } = remote
  return { protocol, ...shown }
}

function identifyPeer(socket: Socket): Remote | undefined {
  const fd = descriptorOf(socket)
  try {
    if (fd === undefined) return undefined
    const groups = peerGroups(fd)
    return { ...peerCredentials(fd), ...(groups === undefined ? {} : { groups }) }
  } catch {
    return undefined
  }
}

/** Undefined where the kernel cannot be asked: then nobody is let in for being a user of this machine. */
function ownerOf(ends: Parameters<typeof findConnectionOwner>[0]): number | undefined {
  try {
    return findConnectionOwner(ends)
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}
