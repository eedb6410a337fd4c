import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What a way does with what is on it:
 * `open`, all passes; `refuses`, nobody listens; `silent`, nothing passes and nothing is closed, as behind a
 * firewall that forgot a connection; `mute`, what clients send arrives, and no answer comes back;
 * `cuts_answers`, what clients send arrives, and the connection is cut off when the answer comes;
 * `slow`, answers take so much longer.
 */
export type WayFault = 'open' | 'refuses' | 'silent' | 'mute' | 'cuts_answers' | 'slow'

/** A port of loopback that leads to another one, and does not always do that well. */
export interface FaultyWay {
  port: number
  /** `https://localhost:PORT` */
  endpoint: string
  /** From now on, also for what is connected already. */
  set(fault: WayFault, delayMs?: number): void
  /** Leads to another port from now on; what is connected is cut off. */
  lead(target: number): void
  /** How many connections were made. */
  connections(): number
  close(): void
}

/** Opens it. */
export async function openFaultyWay(firstTarget: number): Promise<FaultyWay> {
  let target = firstTarget
  const sockets = new Set<Socket>()
  let [fault, delayMs, connections]: [WayFault, number, number] = ['open', 0, 0]
  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      if (fault !== 'silent') other.destroy()
    })
  }
  const server = createServer((client) => {
    connections++
    if (fault === 'refuses') return void client.destroy()
    const engine = connect(target, '127.0.0.1')
    keep(client, engine)
    keep(engine, client)
    client.on('data', (chunk) => {
      if (fault !== 'silent') engine.write(chunk)
    })
    engine.on('data', (chunk) => {
      if (fault === 'open') client.write(chunk)
      else if (fault === 'slow') setTimeout(() => client.write(chunk), delayMs)
      else if (fault === 'cuts_answers') client.resetAndDestroy()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const breakOff = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    endpoint: `https://localhost:${port}`,
    set: (next, nextDelayMs = 0) => {
      ;[fault, delayMs] = [next, nextDelayMs]
      if (next === 'refuses') breakOff()
    },
    lead: (next) => {
      target = next
      breakOff()
    },
    connections: () => connections,
    close: () => {
      server.close()
      breakOff()
    },
  }
}
