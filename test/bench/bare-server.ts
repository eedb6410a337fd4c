import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * A Node server that answers as many bytes to whatever it is asked: what Node itself costs. It has
 * no authorities in its environment, which would take memory and time.
 */
export async function startBareServer(path: string, answerBytes: number): Promise<ChildProcess> {
  const server = spawn(process.execPath, ['-e', source(path, answerBytes)], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  return server
}

function source(path: string, answerBytes: number): string {
  return `
    const answer = 'A'.repeat(${answerBytes})
    require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', () => socket.end(answer))
      socket.on('error', () => {})
    }).listen({ path: ${JSON.stringify(path)}, backlog: 4096 }, () => console.log())`
}
