import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** An IMAP server that lets anybody in: `SEND n` sends so many bytes, `TAKE n` takes them. */
export interface MailSink {
  port: number
  process: ChildProcess
}

/** Starts it in a process of its own, with TLS from the first byte. */
export async function startMailSink({
  key,
  cert,
}: Record<'key' | 'cert', string>): Promise<MailSink> {
  const child = spawn(process.execPath, ['-e', source], {
    env: { KEY: key, CERT: cert },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(port), process: child }
}

const source = `
  const { KEY: key, CERT: cert } = process.env
  const server = require('node:tls').createServer({ key, cert }, (socket) => {
    let text = ''
    let due = 0
    let waiting = ''
    const ok = (tag) => socket.write(tag + ' OK [CAPABILITY X]\\r\\n')
    const commands = {
      CAPABILITY: (tag) => socket.write('* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\\r\\n' + tag + ' OK\\r\\n'),
      AUTHENTICATE: (tag) => { waiting = tag; socket.write('+ \\r\\n') },
      SEND: (_tag, count) => socket.write(Buffer.alloc(Number(count))),
      TAKE: (_tag, count) => { due = Number(count) },
    }
    const run = (line) => {
      const [tag, name, count] = line.split(' ')
      if (waiting === '') return (commands[name] ?? ok)(tag, count)
      ok(waiting)
      waiting = ''
    }
    socket.on('error', () => {})
    socket.write('* OK ready\\r\\n')
    socket.on('data', (chunk) => {
      if (due > 0) {
        due -= chunk.length
        if (due <= 0) ok('t')
        return
      }
      const lines = (text + chunk.toString('latin1')).split('\\r\\n')
      text = lines.pop()
      lines.forEach(run)
    })
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
