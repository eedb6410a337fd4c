import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** What a program and a bridge said to each other in SCRAM-SHA-256 (RFC 5802 section 7), decoded. */
export interface ScramTranscript {
  clientFirst: string
  serverFirst: string
  clientFinal: string
  /** Empty where the proof was wrong. */
  serverFinal: string
  /** What the server said of it in the end. */
  verdict: string
}

/** Between programs and a bridge. */
export interface ScramRecorder {
  /** Where programs connect. */
  port: number
  /** Of each exchange that is over, the first first. */
  transcripts: ScramTranscript[]
}

/** Starts one before a bridge without TLS; it ends with the test. */
export async function recordScram(t: TestContext, port: number): Promise<ScramRecorder> {
  const transcripts: ScramTranscript[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const bridge = connect({ port, host: '127.0.0.1' })
    for (const socket of [client, bridge]) sockets.add(socket.on('error', () => {}))
    const take = transcriber((transcript) => transcripts.push(transcript))
    client.on('data', (bytes: Buffer) => take('client', bytes))
    bridge.on('data', (bytes: Buffer) => take('server', bytes))
    client.pipe(bridge).pipe(client)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, transcripts }
}

type Side = 'client' | 'server'

/** Takes what each side sends, in pieces of any size, and tells of each exchange that is over. */
function transcriber(onEnd: (transcript: ScramTranscript) => void) {
  const started = { client: '', server: '' }
  /** The messages of the exchange that goes on. */
  let messages: string[] | undefined
  const takeLine = (side: Side, line: string) => {
    const begin = /\b(?:AUTH|AUTHENTICATE) SCRAM-SHA-256(?: (\S+))?$/i.exec(line)
    if (side === 'client' && begin !== null) {
      messages = begin[1] === undefined ? [] : [decoded(begin[1])]
    } else if (messages !== undefined && side === 'client') {
      messages.push(decoded(line))
    } else if (messages !== undefined) {
      const challenge = /^(?:334|\+) (\S+)$/.exec(line)?.[1]
      if (challenge !== undefined) messages.push(decoded(challenge))
      if (/^(?:334|\+)/.test(line)) return
      const [clientFirst = '', serverFirst = '', clientFinal = '', serverFinal = ''] = messages
      onEnd({ clientFirst, serverFirst, clientFinal, serverFinal, verdict: line })
      messages = undefined
    }
  }
  return (side: Side, bytes: Buffer) => {
    const lines = `${started[side]}${bytes.toString('latin1')}`.split('\r\n')
    started[side] = lines.pop() ?? ''
    for (const line of lines) takeLine(side, line)
  }
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString()
}
