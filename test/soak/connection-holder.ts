/**
 * A process that holds connections: `connection-holder.ts PATH COUNT PACE TEXT` opens PACE of them a
 * second until it holds COUNT, sends TEXT on each and then nothing, and opens another for each that
 * the server ends. Tells its parent when it holds them all, and ends with it.
 */
import { connect } from 'node:net'

const [path = '', count = '', pace = '', text = ''] = process.argv.slice(2)
const intervalMs = 10
let open = 0
let allowed = 0
let lookedAt = performance.now()

function openOne(): void {
  open++
  const socket = connect({ path, allowHalfOpen: true }, () => {
    if (text !== '') socket.write(text)
    if (open === Number(count)) process.send?.('ready')
  })
  socket.on('error', () => {})
  socket.on('end', () => socket.destroy()).resume()
  socket.once('close', () => open--)
}

setInterval(() => {
  const now = performance.now()
  allowed += ((now - lookedAt) / 1_000) * Number(pace)
  lookedAt = now
  for (; allowed >= 1; allowed--) if (open < Number(count)) openOne()
}, intervalMs)
process.once('disconnect', () => process.exit())
