import { hostname } from 'node:os'
import { MailLoginRefusedError } from '../errors.ts'
import type { Credential } from '../sasl/output-format.ts'
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

interface Reply {
  code: string
  lines: string[]
}

const challengeCode = '334'

/**
 * Logs in to a submission server (RFC 4954) in two steps: a token is too long for the initial
 * response of some. Returns the accepting reply.
 * @throws MailLoginRefusedError
 * @throws ProviderUnavailableError where another time may do
 */
export async function loginToSmtp(
  dialogue: Dialogue,
  { isImplicitTls, credential }: LoginAttempt,
): Promise<LoginReply> {
  requireCode(dialogue, 'greeting', await readReply(dialogue), '220')
  let capabilities = await greet(dialogue)
  if (!isImplicitTls) {
    requireStartTls(capabilities)
    dialogue.send('STARTTLS')
    requireCode(dialogue, 'tls', await readReply(dialogue), '220')
    await dialogue.startTls()
    capabilities = await greet(dialogue)
  }
  return authenticate(dialogue, capabilities, credential)
}

async function authenticate(
  dialogue: Dialogue,
  capabilities: readonly string[],
  credential: Credential,
): Promise<LoginReply> {
  const offered = capabilities.filter((line) => /^AUTH[ =]/i.test(line))
  const mechanism = chooseMechanism(
    dialogue,
    offered.flatMap((line) => line.toUpperCase().split(/[ =]/).slice(1)),
  )
  dialogue.send(`AUTH ${mechanism}`)
  requireCode(dialogue, 'login', await readReply(dialogue), challengeCode)
  dialogue.sendSecret(initialResponse(mechanism, credential))
  let reply = await readReply(dialogue)
  let challenge: string | undefined
  if (reply.code === challengeCode) {
    challenge = answerChallenge(dialogue, mechanism, reply.lines.join(''))
    reply = await readReply(dialogue)
  }
  const result = { code: reply.code, text: reply.lines.join('\n') }
  const verdict = challenge === undefined ? result : { ...result, challenge }
  if (reply.code === '235') return verdict
  throw dialogue.refusal({ protocol: 'SMTP', stage: 'login', ...verdict })
}

/** The capabilities of EHLO (RFC 5321 section 4.1.1.1), without the server's name. */
async function greet(dialogue: Dialogue): Promise<string[]> {
  const name = hostname()
  dialogue.send(`EHLO ${/^[A-Za-z0-9.-]+$/.test(name) ? name : 'localhost'}`)
  const reply = await readReply(dialogue)
  requireCode(dialogue, 'greeting', reply, '250')
  return reply.lines.slice(1)
}

function requireStartTls(capabilities: readonly string[]): void {
  if (capabilities.some((line) => line.trim().toUpperCase() === 'STARTTLS')) return
  throw new MailLoginRefusedError('the server does not offer STARTTLS: the token was not sent', {
    hint: 'use port 587 of the submission server, or HOST:465, which starts with TLS',
  })
}

/** A reply of one or more lines (RFC 5321 section 4.2). */
async function readReply(dialogue: Dialogue): Promise<Reply> {
  const lines: string[] = []
  for (;;) {
    const line = await dialogue.readLine()
    const [, code = '', separator = '', text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? []
    if (code === '') throw otherProtocol('SMTP', line)
    lines.push(text)
    if (separator !== '-') return { code, lines }
    if (lines.length > 100) {
      const text = 'an endless reply'
      throw dialogue.refusal({ protocol: 'SMTP', stage: 'login', code, text })
    }
  }
}

function requireCode(
  dialogue: Dialogue,
  stage: Stage,
  { code, lines }: Reply,
  wanted: string,
): void {
  if (code === wanted) return
  throw dialogue.refusal({ protocol: 'SMTP', stage, code, text: lines.join('\n') })
}
