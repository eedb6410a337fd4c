/**
 * What the bridge does for a program that reads mail, as bare as Node can do it: any line is a login, which
 * is made at the server of `PORT` by TLS, and from then on it is a pipe. Tells its port by IPC.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { connect, createSecureContext } from 'node:tls'

const { PORT: port = '', CA: ca = '' } = process.env
const secureContext = createSecureContext({ ca })
const steps = ['a CAPABILITY', 'x AUTHENTICATE XOAUTH2', 'token']

/** A step for each reply, then the last reply goes down and all that follows. */
function logIn(client: Socket): void {
  const server = connect({ port: Number(port), host: 'localhost', secureContext }).setNoDelay()
  const left = [...steps]
  server.on('error', () => client.destroy()).once('close', () => client.destroy())
  client.once('close', () => server.destroySoon())
  const take = (reply: Buffer) => {
    if (!/^(?:\* OK|\+|\S+ OK) ?.*\r\n$/m.test(reply.toString('latin1'))) return
    const step = left.shift()
    if (step !== undefined) return void server.write(`${step}\r\n`)
    server.off('data', take)
    client.write(reply)
    client.pipe(server).pipe(client)
  }
  server.on('data', take)
}

const proxy = createServer({ noDelay: true }, (client) => {
  client.on('error', () => {})
  client.write('* OK ready\r\n')
  client.once('data', () => {
    client.pause()
    logIn(client)
  })
})
proxy.listen(0, '127.0.0.1', () => process.send?.((proxy.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
