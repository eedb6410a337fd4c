/**
 * A process with writers that do not stop: `flooder.ts PATH COUNT`. Each writes 64 KiB at a time,
 * without a line's end, and connects again when it is cut off. Told anything, says how often they
 * were cut off; ends with its parent.
 */
import { connect } from 'node:net'

const [path = '', count = ''] = process.argv.slice(2)
const flood = Buffer.alloc(64 * 1024, 'x')
let cuts = 0

async function write(): Promise<void> {
  for (;;) {
    const socket = connect(path).on('error', () => {})
    const closed = new Promise((done) => socket.once('close', done))
    while (!socket.destroyed) await new Promise((done) => socket.write(flood, done))
    await closed
    cuts++
  }
}

process.once('message', () => process.send?.(cuts))
process.once('disconnect', () => process.exit())
for (let writer = 0; writer < Number(count); writer++) void write()
process.send?.('ready')
