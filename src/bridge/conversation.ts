import type { Socket } from 'node:net'
import type { BridgeLogFields } from '../messages/bridge-messages.ts'
import { runningMs } from '../schedule/clock.ts'
import {
  ClientGoneError,
  ClientLines,
  ClientSilentError,
  TlsHelloError,
  UnusableLineError,
} from './client-lines.ts'
import type { EventLog } from './event-log.ts'
import type { Closing, Dialogue, Step } from './gate.ts'
import { pipe } from './pipe.ts'
import { sendReply } from './send-reply.ts'

interface ConversationOptions {
  client: Socket
  dialogue: Dialogue
  log: EventLog
  /** Who it is and where. */
  fields: () => BridgeLogFields
  /** An account has one connection more, or, called with false, less. */
  onPiped: (account: string, isOpen: boolean) => void
  /** Those of the contract, unless a test has no time for them. */
  limits?: { silenceMs: number; dialogueMs: number }
}

const standardLimits = { silenceMs: 60_000, dialogueMs: 5 * 60_000 }
/** So long somebody may take to read the last words. */
const lastWordsMs = 10_000

/** One client, from its greeting to its end. Resolves when its socket is closed; never rejects. */
export async function converse(options: ConversationOptions): Promise<void> {
  const { client } = options
  const lines = new ClientLines(client)
  try {
    const last = await untilLast(lines, options)
    if (last.pipe === undefined) return endWith(options, last.reply, last.close)
    await goOn(options, lines.takeRest(), { ...last, pipe: last.pipe })
  } catch (error) {
    giveUp(options, error)
  }
}

/** Greets and answers line after line; the step that ends the dialogue. */
async function untilLast(
  lines: ClientLines,
  { client, dialogue, limits = standardLimits }: ConversationOptions,
): Promise<Step> {
  const deadline = runningMs() + limits.dialogueMs
  const waitMs = () => {
    const leftMs = deadline - runningMs()
    // Lines that have come already need no waiting.
    if (leftMs <= 0) throw new ClientSilentError()
    return Math.min(limits.silenceMs, leftMs)
  }
  const bytesOf = (start: string) => dialogue.lineLimit(start)
  let step = await dialogue.greet()
  for (;;) {
    const { reply, close, pipe: upstream, octets } = step
    if (close !== undefined || upstream !== undefined) return step
    if (reply !== undefined) await sendReply(client, reply, waitMs())
    const received =
      octets === undefined
        ? await lines.read({ bytesOf, waitMs: waitMs() })
        : await lines.readOctets(octets, waitMs())
    step = await dialogue.receive(received)
  }
}

async function goOn(
  { client, log, fields, onPiped }: ConversationOptions,
  rest: Buffer,
  { reply = '', pipe: { upstream, entry, first = '' } }: Step & { pipe: NonNullable<Step['pipe']> },
): Promise<void> {
  const { account: user, by: caller, mechanism } = entry
  const { server, fingerprint } = upstream
  const startedAt = runningMs()
  const who = { ...fields(), user, caller, server }
  const how = mechanism === undefined ? {} : { mechanism }
  log.info('bridge.login', { ...who, ...how, fingerprint })
  onPiped(user, true)
  const counts = await pipe(client, upstream, {
    up: [Buffer.from(first, 'latin1'), rest],
    down: [Buffer.from(reply, 'latin1')],
  })
  onPiped(user, false)
  const durationMs = Math.round(runningMs() - startedAt)
  log.info('bridge.closed', { ...who, ...counts, durationMs })
}

function endWith(
  { client, log, fields }: ConversationOptions,
  reply = '',
  { reason, isStray = false }: Closing = {},
): void {
  if (reason !== undefined) {
    log.warn(isStray ? 'bridge.stray' : 'bridge.refused', { ...fields(), reason })
  }
  if (reply !== '') client.write(reply, 'latin1')
  client.setTimeout(lastWordsMs, () => client.destroy())
  client.destroySoon()
}

/** A client that nobody can talk to. */
function giveUp(options: ConversationOptions, error: unknown): void {
  const { client, dialogue } = options
  if (error instanceof ClientGoneError) client.destroy()
  else if (error instanceof ClientSilentError) endWith(options, dialogue.farewells.silent)
  else if (error instanceof UnusableLineError) {
    endWith(options, dialogue.farewells.unusable, { reason: 'a line that cannot be used' })
  } else if (error instanceof TlsHelloError) {
    const reason = 'it begins with TLS: set the program to plain text on this port'
    endWith(options, '', { reason, isStray: true })
  } else {
    client.destroy()
    throw error
  }
}
