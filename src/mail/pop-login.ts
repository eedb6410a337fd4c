import type { Dialogue } from './dialogue.ts'
import {
  answerChallenge,
  chooseMechanism,
  initialResponse,
  type LoginAttempt,
  type LoginReply,
} from './login.ts'
import { otherProtocol } from './other-protocol.ts'
import type { Stage } from './refusals/refusal-row.ts'

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
  if (!/^(?:\+OK|-ERR)\b/.test(greeting)) throw otherProtocol('POP', greeting)
  accept(dialogue, { stage: 'greeting', command: '' }, greeting)
  if (!isImplicitTls) {
    dialogue.send('STLS')
    accept(dialogue, { stage: 'tls', command: 'STLS' }, await dialogue.readLine())
    await dialogue.startTls()
  }
  const mechanism = chooseMechanism(dialogue, await readMechanisms(dialogue))
  dialogue.send(`AUTH ${mechanism}`)
  const invitation = await dialogue.readLine()
  if (!invitation.startsWith('+ ') && invitation !== '+')
    throw refusedBy(dialogue, { stage: 'login', command: `AUTH ${mechanism}` }, invitation)
  dialogue.sendSecret(initialResponse(mechanism, credential))
  let line = await dialogue.readLine()
  let challenge: string | undefined
  if (line.startsWith('+') && !line.startsWith('+OK')) {
    challenge = answerChallenge(dialogue, mechanism, line.slice(1).trim())
    line = await dialogue.readLine()
  }
  return accept(dialogue, { stage: 'login', command: 'AUTH', challenge }, line)
}

/** The words after SASL in the list that CAPA answers (RFC 2449 section 6.3). */
async function readMechanisms(dialogue: Dialogue): Promise<string[]> {
  dialogue.send('CAPA')
  const where = { stage: 'login', command: 'CAPA' } as const
  accept(dialogue, where, await dialogue.readLine())
  const mechanisms: string[] = []
  for (let count = 0; count < 100; count++) {
    const line = await dialogue.readLine()
    if (line === '.') return mechanisms
    const [name = '', ...words] = line.toUpperCase().split(' ')
    if (name === 'SASL') mechanisms.push(...words)
  }
  throw refusedBy(dialogue, where, '-ERR an endless list')
}

/** What a line answers. */
interface Where {
  stage: Stage
  command: string
  challenge?: string | undefined
}

function accept(dialogue: Dialogue, where: Where, line: string): LoginReply {
  if (!/^\+OK\b/.test(line)) throw refusedBy(dialogue, where, line)
  return { code: '+OK', text: line.slice(3).trim() }
}

function refusedBy(dialogue: Dialogue, where: Where, line: string): Error {
  const [code = '', ...words] = line.split(' ')
  return dialogue.refusal({ protocol: 'POP', ...where, code, text: words.join(' ') })
}
