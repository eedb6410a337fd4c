import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/**
 * A Node server that answers as many bytes to whatever it is asked: what Node itself costs. It has
 * no authorities in its environment, which would take memory and time.
 */
export function startBareServer(path: string, answerBytes: number): Promise<ChildProcess> {
  return startServer(bare(path, answerBytes))
}

/**
 * The same with what no token socket can do without: it asks the kernel who that is, as the daemon does by
 * koffi, counts who is connected, and writes each client's answer as bytes after a line for it in a log.
 */
export function startPrototype(path: string, answerBytes: number): Promise<ChildProcess> {
  return startServer(prototype(path, answerBytes))
}

async function startServer(source: string): Promise<ChildProcess> {
  const server = spawn(process.execPath, ['-e', source], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  return server
}

function bare(path: string, answerBytes: number): string {
  return `
    const answer = 'A'.repeat(${answerBytes})
    require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', () => socket.end(answer))
      socket.on('error', () => {})
    }).listen({ path: ${JSON.stringify(path)}, backlog: 4096 }, () => console.log())`
}

/** The lines of a turn go in one write, and one who is alone does not wait for it: audited-replies.ts. */
function prototype(path: string, answerBytes: number): string {
  return `
    const { openSync, writeSync } = require('node:fs')
    const getsockopt = require('koffi').load(null)
      .func('int getsockopt(int fd, int level, int name, void *value, void *length)')
    const [peer, length] = [new Uint32Array(3), new Uint32Array([12])]
    const answer = Buffer.alloc(${answerBytes}, 'A')
    const log = openSync('/dev/null', 'w')
    let connected = 0
    let waiting = []
    const flush = () => {
      const all = waiting
      waiting = []
      writeSync(log, all.map(({ line }) => line).join(''))
      for (const { socket } of all) socket.end(answer, () => socket.destroy())
    }
    require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
      getsockopt(socket._handle.fd, 1, 17, peer, length)
      const [pid, uid, gid] = peer
      connected++
      socket.on('data', () => {
        waiting.push({ socket, line: \`{"time":\${Date.now()},"uid":\${uid},"gid":\${gid},"pid":\${pid}}\\n\` })
        if (connected === 1) flush()
        else if (waiting.length === 1) setImmediate(flush)
      })
      socket.on('end', () => {})
      socket.on('error', () => {})
      socket.on('close', () => connected--)
    }).listen({ path: ${JSON.stringify(path)}, backlog: 4096 }, () => console.log())`
}
