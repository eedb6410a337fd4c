import { Socket } from 'node:net'
import { type Patience, whileFull } from './while-full.ts'

/** A connection to a UNIX socket, for which a full queue is waited. @throws as whileFull */
export function openConnection(path: string, patience?: Patience): Promise<Socket> {
  return openSocket(() => new Socket(), path, patience)
}

/** The same, on a socket that is made for it. @throws as whileFull */
export function openSocket<Made extends Socket>(
  create: () => Made,
  path: string,
  patience?: Patience,
): Promise<Made> {
  return whileFull(() => connectOnce(create(), path), patience)
}

/** The kernel answers at once, whether somebody accepts or not. */
function connectOnce<Made extends Socket>(socket: Made, path: string): Promise<Made> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket.off('error', reject)))
    socket.connect(path)
  })
}
