import { Transform } from 'node:stream'
import {
  DaemonUnreachableError,
  InputUnreadableError,
  isCmsOauthError,
  UsageError,
} from '../errors.ts'
import { type OutboxDialogue, openDialogue } from '../socket-client/open-dialogue.ts'
import { patiently } from '../socket-client/patiently.ts'
import { visible } from '../socket-client/what-came.ts'
import { exitStatus } from './exit-status.ts'
import { speaking } from './print.ts'
import { SmtpLineEnds } from './smtp-line-ends.ts'

const answerLimitMs = 15_000
/** What the outbox closes with. */
const farewell = /(?:^|\n)(?:221|421|500) [^\n]*\n$/
const longestFarewell = 600
/** The last answer to what is not a command: a program wrote a message where it was to speak SMTP. */
const notUnderstood = /(?:^|\n)(?:500|421 4\.7\.0) [^\n]*\n$/
/** The last answer where the message did not come to its end. */
const unfinished = /(?:^|\n)354 [^\n]*\n$/

/**
 * SMTP on standard input and output: the outbox answers, and who may do what it decides by the kernel's word
 * about this process. The exit status of a dialogue that came to its end is 0, whatever was refused in it.
 * @throws CmsOauthError where it cannot begin, and where the outbox is gone in the midst of it; the program
 *   that called has been told by SMTP too. UsageError where it ends with what is not SMTP: a program that writes a message reads
 *   no answer, and would believe that it was sent. InputUnreadableError where it ends in the midst of a message
 */
export async function speakSmtp(): Promise<void> {
  const output = speaking(process.stdout)
  let last: string
  try {
    last = await passOn(
      await patiently((path) => openDialogue(path, { limitMs: answerLimitMs })),
      output,
    )
  } catch (error) {
    if (isCmsOauthError(error)) {
      const isTemporary = exitStatus[error.code] === 75
      const status = isTemporary ? '421 4.3.2' : '554 5.3.0'
      output.write(`${status} ${visible(error.message).slice(0, 400)}\r\n`)
    }
    throw error
  }
  if (unfinished.test(last)) {
    throw new InputUnreadableError('standard input ended before the message did', {
      hint: 'end it with a line that has a dot alone; nothing of it was kept',
    })
  }
  if (!notUnderstood.test(last)) return
  throw new UsageError('what came on standard input is not SMTP', {
    hint: 'have the program call "sendmail -t" where it writes a message; -bs is for programs that speak SMTP',
  })
}

/** Resolves with the end of what was said to the program. */
async function passOn(
  { socket, unread }: OutboxDialogue,
  output: NodeJS.WriteStream,
): Promise<string> {
  let tail = ''
  const say = (chunk: Buffer) => {
    tail = `${tail}${chunk.toString('latin1')}`.slice(-longestFarewell)
    if (output.write(chunk)) return
    socket.pause()
    output.once('drain', () => socket.resume())
  }
  if (unread.length > 0) say(unread)
  socket.on('data', say).resume()
  process.stdin
    .on('error', () => socket.end())
    .pipe(createTranslation())
    .pipe(socket)
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const isOver = process.stdin.readableEnded || farewell.test(tail)
  process.stdin.destroy()
  if (!isOver) throw new DaemonUnreachableError('the outbox is gone', { hint: 'send it again' })
  return tail
}

function createTranslation(): Transform {
  const lineEnds = new SmtpLineEnds()
  return new Transform({
    transform: (piece: Buffer, _encoding, done) => done(null, lineEnds.translate(piece)),
  })
}
