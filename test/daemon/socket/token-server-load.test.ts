/** Hostile and careless clients, and an honest one beside them; nothing here is a matter of time. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ask, open, openTokenServer, readAll, user } from './token-socket.ts'

async function openMany(path: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) {
    sockets.push((await open(path)).on('error', () => {}))
  }
  return sockets
}

function abandon(sockets: Socket[]): void {
  for (const socket of sockets) socket.destroy()
}

test('2,000 idle and 1,000 half-sent requests hold up nobody', async (t) => {
  const { path } = await openTokenServer(t)
  const idle = await openMany(path, 2_000)
  const halfSent = await openMany(path, 1_000)
  for (const socket of halfSent) socket.write('SMTP us')
  const honest = Array.from({ length: 200 }, () => ask(path, `SMTP,token ${user}`))
  assert.deepEqual(new Set(await Promise.all(honest)), new Set(['T0KEN']))
  for (const socket of halfSent) socket.end(`er@example.com\n`)
  await Promise.all(halfSent.map(readAll))
  abandon(idle)
})

test('50 clients that write without end are cut off, cost few lines, and hold up nobody', async (t) => {
  const { path, log } = await openTokenServer(t)
  const flood = Buffer.alloc(64 * 1024, 'x')
  let cutOff = 0
  const flooders = await openMany(path, 50)
  const ends = flooders.map(async (socket) => {
    while (!socket.destroyed) await new Promise<void>((done) => socket.write(flood, () => done()))
    cutOff++
  })
  const honest = Array.from({ length: 50 }, () => ask(path, `SMTP,token ${user}`))
  assert.deepEqual(new Set(await Promise.all(honest)), new Set(['T0KEN']))
  await Promise.all(ends)
  assert.equal(cutOff, 50)
  assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 10)
})

test('a thousand different noises get no byte, and the server lives on', async (t) => {
  const { path } = await openTokenServer(t)
  const noise = fc.uint8Array({ maxLength: 512, size: 'max' })
  const property = fc.asyncProperty(noise, async (bytes) => {
    assert.equal(await ask(path, bytes), '')
  })
  await fc.assert(property, { numRuns: 1_000 })
  assert.equal(await ask(path, `SMTP,token ${user}`), 'T0KEN')
})
