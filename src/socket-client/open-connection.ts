import { connect, type Socket } from 'node:net'
import { type Patience, whileFull } from './while-full.ts'

/** A connection to a UNIX socket, for which a full queue is waited. @throws as whileFull */
export function openConnection(path: string, patience?: Patience): Promise<Socket> {
  return whileFull(() => connectOnce(path), patience)
}

/** The kernel answers at once, whether somebody accepts or not. */
function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket.off('error', reject)))
  })
}
