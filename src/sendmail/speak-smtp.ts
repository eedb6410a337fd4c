import { DaemonUnreachableError, isCmsOauthError } from '../errors.ts'
import { type OutboxDialogue, openDialogue } from '../socket-client/open-dialogue.ts'
import { patiently } from '../socket-client/patiently.ts'
import { visible } from '../socket-client/what-came.ts'
import { exitStatus } from './exit-status.ts'
import { speaking } from './print.ts'

const answerLimitMs = 15_000
/** What the outbox closes with. */
const farewell = /(?:^|\n)(?:221|421|500) [^\n]*\n$/
const longestFarewell = 600

/**
 * SMTP on standard input and output: the outbox answers, and who may do what it decides by the kernel's word
 * about this process. The exit status of a dialogue that came to its end is 0, whatever was said in it.
 * @throws CmsOauthError where it cannot begin, and where the outbox is gone in the midst of it; the program
 *   that called has been told by SMTP too
 */
export async function speakSmtp(): Promise<void> {
  const output = speaking(process.stdout)
  try {
    await passOn(await patiently((path) => openDialogue(path, { limitMs: answerLimitMs })), output)
  } catch (error) {
    if (isCmsOauthError(error)) {
      const isTemporary = exitStatus[error.code] === 75
      const status = isTemporary ? '421 4.3.2' : '554 5.3.0'
      output.write(`${status} ${visible(error.message).slice(0, 400)}\r\n`)
    }
    throw error
  }
}

async function passOn(
  { socket, unread }: OutboxDialogue,
  output: NodeJS.WriteStream,
): Promise<void> {
  let tail = ''
  const say = (chunk: Buffer) => {
    tail = `${tail}${chunk.toString('latin1')}`.slice(-longestFarewell)
    if (output.write(chunk)) return
    socket.pause()
    output.once('drain', () => socket.resume())
  }
  if (unread.length > 0) say(unread)
  socket.on('data', say).resume()
  process.stdin.on('error', () => socket.end()).pipe(socket)
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const isOver = process.stdin.readableEnded || farewell.test(tail)
  process.stdin.destroy()
  if (!isOver) throw new DaemonUnreachableError('the outbox is gone', { hint: 'send it again' })
}
