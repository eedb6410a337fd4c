import { connect } from 'node:net'
import { DaemonUnreachableError } from '../errors.ts'

const limitMs = 10_000

/**
 * Resolves once the control socket has answered a request. Without Node's HTTP client, which the
 * daemon needs for nothing else.
 * @throws DaemonUnreachableError
 */
export function probeControlSocket(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new DaemonUnreachableError(`the control socket "${path}" does not answer: ${reason}`))
    const socket = connect(path)
    let answer = ''
    socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer in time')))
    socket.once('error', ({ message }) => fail(message))
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    socket.once('end', () => {
      if (answer.startsWith('HTTP/1.1 200 ')) resolve()
      else fail(answer.split('\r\n', 1)[0] ?? '')
    })
    socket.write('GET /v1/accounts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  })
}
