/** What a client of a token socket cannot do without, for the bench: `bare-client.cjs SOCKET REQUEST`. */
'use strict'
const [, , path, request] = process.argv
let reply = ''
const socket = require('node:net').connect(path)
socket.setEncoding('utf8').on('data', (text) => {
  reply += text
})
socket.on('end', () => process.stdout.write(reply))
socket.end(`${request}\n`)
