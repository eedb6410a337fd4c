/** A server on the socket $SOCKET, in a process of its own, that does what the first word of a request says. */
import { createServer, type Socket } from 'node:net'

const large = 'x'.repeat(500_000)

/** What it waits for in the middle of an answer: the test's word. */
function told(): Promise<unknown> {
  return new Promise((resolve) => process.once('message', resolve))
}

const ways: Record<string, (socket: Socket, request: string) => unknown> = {
  echo: (socket, request) => socket.end(request),
  nothing: (socket) => socket.end(),
  large: (socket) => socket.end(large),
  refuse: (socket) => socket.end('refused', () => socket.destroy()),
  reset: (socket) => socket.destroy(),
  async later(socket) {
    socket.write('first ')
    await told()
    socket.end('last')
  },
  async cut(socket) {
    socket.write('half')
    await told()
    socket.destroy()
  },
}

const isBusy = process.env['HABIT'] === 'refuses at once'

const server = createServer({ allowHalfOpen: true }, (socket) => {
  if (isBusy) {
    socket.on('error', () => {}).write('refused')
    socket.destroySoon()
    return
  }
  let request = ''
  const answer = () => ways[request.split(' ', 1)[0] ?? '']?.(socket, request)
  socket.on('error', () => {}).on('end', answer)
  socket.setEncoding('latin1').on('data', (text: string) => {
    request += text
    // The rest is not read any more.
    if (!/^(?:refuse|reset|later|cut) /.test(request)) return
    socket.pause().off('end', answer)
    answer()
  })
})
server.listen(process.env['SOCKET'], () => process.send?.('ready'))
process.once('disconnect', () => process.exit())
