/**
 * A process that holds connections: `connection-holder.ts WHERE COUNT PACE TEXT [UID]` opens PACE of
 * them a second, to a path or a port of 127.0.0.1, until it holds COUNT, sends TEXT on each and then
 * nothing, and opens another for each that the server ends. Tells its parent when it has opened so
 * many, and ends with it.
 */
import { connect } from 'node:net'

const [where = '', count = '', pace = '', text = '', uid = ''] = process.argv.slice(2)
const to = where.startsWith('/') ? { path: where } : { port: Number(where), host: '127.0.0.1' }
if (uid !== '') process.setuid?.(Number(uid))
const intervalMs = 10
let open = 0
let allowed = 0
let lookedAt = performance.now()

function openOne(): void {
  open++
  const socket = connect({ ...to, allowHalfOpen: true }, () => {
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
