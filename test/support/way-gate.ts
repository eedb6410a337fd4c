import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** What a way does with whoever comes. */
export type WayState = 'open' | 'refuses' | 'hangs' | 'cuts'

/** The way to a server, which a test closes. */
export interface WayGate {
  port: number
  /** What is on its way when it closes is broken off. */
  set(state: WayState): Promise<void>
  close(): void
}

/** A port of loopback that leads to another one. */
export async function startWayGate(target: number): Promise<WayGate> {
  const sockets = new Set<Socket>()
  let state: WayState = 'open'
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    keep(client)
    if (state === 'cuts') return void client.destroy()
    if (state !== 'open') return
    const other = connect(target, 'localhost')
    keep(other)
    client.pipe(other).pipe(client)
  })
  const listen = async (port: number) => {
    await once(server.listen(port, 'localhost'), 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const breakOff = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    set: async (next) => {
      const before = state
      state = next
      if (before === 'refuses') await listen(port)
      if (next !== 'refuses') return next === 'open' ? breakOff() : undefined
      server.close()
      breakOff()
      await once(server, 'close')
    },
    close: () => {
      server.close()
      breakOff()
    },
  }
}
