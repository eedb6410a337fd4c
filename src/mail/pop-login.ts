import { MailLoginRefusedError } from '../errors.ts'
import type { Dialogue } from './dialogue.ts'
import {
  answerChallenge,
  chooseMechanism,
  initialResponse,
  type LoginAttempt,
  type LoginReply,
} from './login.ts'
import { refusal } from './refusal.ts'

/**
 * Logs in to a POP server (RFC 5034). Returns the accepting reply.
 * @throws MailLoginRefusedError
 * @throws ProviderUnavailableError where another time may do
 */
export async function loginToPop(
  dialogue: Dialogue,
  { isImplicitTls, credential }: LoginAttempt,
): Promise<LoginReply> {
  const greeting = await dialogue.readLine()
  if (!/^\+OK\b/.test(greeting)) {
    throw new MailLoginRefusedError('the server does not speak POP', {
      hint: 'compare host and port: 995 with TLS from the start, 110 with STLS',
    })
  }
  if (!isImplicitTls) {
    dialogue.send('STLS')
    accept('STLS', await dialogue.readLine())
    await dialogue.startTls()
  }
  const mechanism = chooseMechanism(await readMechanisms(dialogue))
  dialogue.send(`AUTH ${mechanism}`)
  const invitation = await dialogue.readLine()
  if (!invitation.startsWith('+ ') && invitation !== '+')
    throw refusedBy(`AUTH ${mechanism}`, invitation)
  dialogue.sendSecret(initialResponse(mechanism, credential))
  let line = await dialogue.readLine()
  let challenge: string | undefined
  if (line.startsWith('+') && !line.startsWith('+OK')) {
    challenge = answerChallenge(dialogue, mechanism, line.slice(1).trim())
    line = await dialogue.readLine()
  }
  return accept('AUTH', line, challenge)
}

/** The words after SASL in the list that CAPA answers (RFC 2449 section 6.3). */
async function readMechanisms(dialogue: Dialogue): Promise<string[]> {
  dialogue.send('CAPA')
  accept('CAPA', await dialogue.readLine())
  const mechanisms: string[] = []
  for (let count = 0; count < 100; count++) {
    const line = await dialogue.readLine()
    if (line === '.') return mechanisms
    const [name = '', ...words] = line.toUpperCase().split(' ')
    if (name === 'SASL') mechanisms.push(...words)
  }
  throw refusedBy('CAPA', '-ERR a list without end')
}

function accept(command: string, line: string, challenge?: string): LoginReply {
  if (!/^\+OK\b/.test(line)) throw refusedBy(command, line, challenge)
  return { code: '+OK', text: line.slice(3).trim() }
}

function refusedBy(command: string, line: string, challenge?: string): Error {
  const [status = '', ...words] = line.split(' ')
  const verdict = { code: `${command} ${status}`, text: words.join(' ') }
  return refusal(challenge === undefined ? verdict : { ...verdict, challenge })
}
