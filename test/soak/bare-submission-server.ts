/**
 * A submission server on Node that lets anybody in, as bare as it can be: what a login waits at it, no
 * server on Node beats. Tells its port.
 */
import { type AddressInfo, createServer } from 'node:net'

const silenceMs = 60_000

const server = createServer({ noDelay: true }, (socket) => {
  socket.setTimeout(silenceMs, () => socket.end('421 4.4.2 nothing came for too long\r\n'))
  socket.on('error', () => {})
  let said = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text
    if (/^AUTH PLAIN .*\r\n/m.test(said)) socket.write('235 2.7.0 logged in\r\n')
  })
  socket.write('220 bare ESMTP\r\n')
})
const where = { port: 0, host: '127.0.0.1', backlog: 4_096 }
server.listen(where, () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
