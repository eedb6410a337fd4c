/**
 * Who owns the other end of a TCP connection of this machine, asked of the kernel by sock_diag(7) with
 * the four values that name the connection: no privilege is needed, and nothing else is read.
 */
import { addressBytes } from './address-bytes.ts'
import { libc, systemError } from './libc.ts'
import { afInet, afInet6 } from './socket-address.ts'
import { msgDontwait, sockCloexec, sockRaw } from './socket-constants.ts'

/** A connection as our end of it sees it (net.Socket has these names too). */
export interface ConnectionEnds {
  localAddress: string
  localPort: number
  remoteAddress: string
  remotePort: number
}

const afNetlink = 16
const netlinkSockDiag = 4
const sockDiagByFamily = 20
const nlmFRequest = 1
const ipprotoTcp = 6

const headerSize = 16
const requestSize = headerSize + 56
/** Of the ends in a request and in an answer, whose first bytes differ. */
const idInRequest = headerSize + 8
const idInAnswer = headerSize + 4
const portsSize = 4
const addressSize = 16
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex')
const uidInAnswer = idInAnswer + 48 + 12
const inodeInAnswer = uidInAnswer + 4

const socket = libc.func('int socket(int domain, int type, int protocol)')
const send = libc.func('long send(int fd, const uint8_t *bytes, size_t length, int flags)')
const receive = libc.func('long recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)')

let netlink: number | undefined
let sequence = 0

/**
 * The uid of who made the socket at the other end; undefined where there is no such connection, or
 * nobody has its end any more: the kernel says uid 0 of a socket that its owner has closed.
 * @throws NodeJS.ErrnoException where the kernel cannot be asked (a unit without AF_NETLINK)
 */
export function findConnectionOwner(ends: ConnectionEnds): number | undefined {
  const request = requestFor(ends)
  const answer = ask(request)
  const isAnswer = answer.length > inodeInAnswer && answer.readUInt16LE(4) === sockDiagByFamily
  // A listener of the same port is found where the connection itself is gone.
  if (!isAnswer || !isOf(answer, request)) return undefined
  if (answer.readUInt32LE(inodeInAnswer) === 0) return undefined
  return answer.readUInt32LE(uidInAnswer)
}

function requestFor({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
}: ConnectionEnds): Buffer {
  const [source, destination] = [addressBytes(remoteAddress), addressBytes(localAddress)]
  const request = Buffer.alloc(requestSize)
  request.writeUInt32LE(requestSize, 0)
  request.writeUInt16LE(sockDiagByFamily, 4)
  request.writeUInt16LE(nlmFRequest, 6)
  request.writeUInt32LE(++sequence % 0x1_0000_0000, 8)
  request[headerSize] = source.length === 4 ? afInet : afInet6
  request[headerSize + 1] = ipprotoTcp
  request.writeUInt32LE(0xffff_ffff, headerSize + 4)
  request.writeUInt16BE(remotePort, idInRequest)
  request.writeUInt16BE(localPort, idInRequest + 2)
  source.copy(request, idInRequest + 4)
  destination.copy(request, idInRequest + 20)
  // No cookie is known: whatever socket it is.
  request.fill(0xff, idInRequest + 40, idInRequest + 48)
  return request
}

function ask(request: Buffer): Buffer {
  netlink ??= openNetlink()
  if (Number(send(netlink, request, request.length, 0)) < 0) throw systemError('send')
  const answer = Buffer.alloc(1_024)
  for (;;) {
    const length = Number(receive(netlink, answer, answer.length, msgDontwait))
    if (length < 0) throw systemError('recv')
    // What an earlier question left unread is not ours.
    if (answer.readUInt32LE(8) === request.readUInt32LE(8)) return answer.subarray(0, length)
  }
}

function openNetlink(): number {
  const fd = socket(afNetlink, sockRaw | sockCloexec, netlinkSockDiag) as number
  if (fd < 0) throw systemError('socket')
  return fd
}

function isOf(answer: Buffer, request: Buffer): boolean {
  const [theirs, ours] = [answer.subarray(idInAnswer), request.subarray(idInRequest)]
  const source = portsSize
  const destination = portsSize + addressSize
  return (
    theirs.subarray(0, portsSize).equals(ours.subarray(0, portsSize)) &&
    [source, destination].every((at) => addressIn(theirs, at).equals(addressIn(ours, at)))
  )
}

/** A socket of IPv6 that speaks IPv4 has mapped addresses; an address of IPv4 has zeros behind it. */
function addressIn(ends: Buffer, at: number): Buffer {
  const address = ends.subarray(at, at + addressSize)
  if (!address.subarray(0, mappedPrefix.length).equals(mappedPrefix)) return address
  return Buffer.concat([address.subarray(mappedPrefix.length), Buffer.alloc(mappedPrefix.length)])
}
