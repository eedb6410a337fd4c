/** A Node server that only answers: `bare-server.ts PATH`. What it takes, no server on Node beats. */
import { createServer } from 'node:net'

const [path = ''] = process.argv.slice(2)
const answer = 'x'.repeat(1_600)
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.setTimeout(10_000, () => socket.destroy())
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    if (chunk.includes('\n')) socket.end(answer)
  })
})
server.listen({ path, backlog: 4_096 }, () => process.send?.('ready'))
process.once('disconnect', () => process.exit())
