/** The families of UNIX sockets, IPv4 and IPv6. */
export const afUnix = 1
export const afInet = 2
export const afInet6 = 10

/** Where the name begins in a sockaddr_un (unix(7)). */
export const pathOffset = 2

/** A sockaddr_un with this name, which is not cut off. */
export function socketAddress(name: Buffer): Buffer {
  const address = Buffer.alloc(pathOffset + name.length)
  address.writeUInt16LE(afUnix, 0)
  name.copy(address, pathOffset)
  return address
}
