/** An outbox that answers at once that it has accepted what comes, and keeps nothing. Ends with its parent. */
import { createServer } from 'node:http'

const { SOCKET: path = '' } = process.env

const server = createServer((request, response) => {
  request.resume().once('end', () => response.end('{"id":"accepted"}'))
})
server.listen(path, () => process.send?.(0))
process.on('disconnect', () => process.exit())
