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
import type { Dialogue, Entry, Step } from './gate.ts'
import { pipe } from './pipe.ts'
import { sendReply } from './send-reply.ts'
import { isHttp, WebPageError } from './web-page.ts'

interface ConversationOptions {
  client: Socket
  dialogue: Dialogue
  log: EventLog
  /** Who it is and where. */
  fields: () => BridgeLogFields
  /** Somebody goes up from now on, or, called with false, no more. */
  onPiped: (entry: Entry, isOpen: boolean) => void
  /** Those of the contract, unless a test has no time for them. */
  limits?: { silenceMs: number; dialogueMs: number }
}

const standardLimits = { silenceMs: 60_000, dialogueMs: 5 * 60_000 }
/** So long somebody may take to read the last words. */
const lastWordsMs = 10_000
/** So long somebody may go on talking after them. */
const lingerMs = 1_000

/** One client, from its greeting to its end. Resolves when its socket is closed; never rejects. */
export async function converse(options: ConversationOptions): Promise<void> {
  const { client } = options
  const lines = new ClientLines(client)
  try {
    const last = await untilLast(lines, options)
    if (last.pipe === undefined) endWith(options, lines, last)
    else await goOn(options, lines, { ...last, pipe: last.pipe })
  } catch (error) {
    giveUp(options, lines, error)
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
  options: ConversationOptions,
  lines: ClientLines,
  { reply = '', pipe: { upstream, entry, first = '' } }: Step & { pipe: NonNullable<Step['pipe']> },
): Promise<void> {
  const { client, log, fields, onPiped } = options
  const { account: user, by: caller, mechanism } = entry
  const { server, fingerprint } = upstream
  const startedAt = runningMs()
  const who = { ...fields(), user, caller, server }
  const how = mechanism === undefined ? {} : { mechanism }
  log.info('bridge.login', { ...who, ...how, fingerprint })
  onPiped(entry, true)
  let counts = { bytesUp: 0, bytesDown: 0 }
  try {
    const isUnheard = !lines.hasHeard
    const up = isUnheard ? await hearFirst(options, lines, reply) : first
    counts = await pipe(client, upstream, {
      up: [Buffer.from(up, 'latin1'), lines.takeRest()],
      down: [Buffer.from(isUnheard ? '' : reply, 'latin1')],
    })
  } finally {
    upstream.socket.destroy()
    onPiped(entry, false)
    const durationMs = Math.round(runningMs() - startedAt)
    log.info('bridge.closed', { ...who, ...counts, durationMs })
  }
}

/** Who is let in before it has said anything may be a web page: its first line is read before it goes up. */
async function hearFirst(
  { client, dialogue, limits: { silenceMs } = standardLimits }: ConversationOptions,
  lines: ClientLines,
  greeting: string,
): Promise<string> {
  await sendReply(client, greeting, silenceMs)
  const bytesOf = (start: string) => dialogue.lineLimit(start)
  const line = await lines.read({ bytesOf, waitMs: silenceMs })
  if (isHttp(line)) throw new WebPageError()
  return `${line}\r\n`
}

/** Closes after the last words, which the kernel would take back where something came that nobody read. */
function endWith(
  { client, log, fields }: ConversationOptions,
  lines: ClientLines,
  { reply = '', close: { reason, isStray = false } = {} }: Pick<Step, 'reply' | 'close'>,
): void {
  if (reason !== undefined) {
    log.warn(isStray ? 'bridge.stray' : 'bridge.refused', { ...fields(), reason })
  }
  lines.takeRest()
  client.setTimeout(lastWordsMs, () => client.destroy())
  if (reply !== '') client.write(reply, 'latin1')
  if (reason === undefined || isStray) return client.destroySoon()
  client.resume().end(() => setTimeout(() => client.destroy(), lingerMs))
}

/** A client that nobody can talk to. */
function giveUp(options: ConversationOptions, lines: ClientLines, error: unknown): void {
  const last = lastStep(options.dialogue, error)
  if (last !== undefined) return endWith(options, lines, last)
  options.client.destroy()
  throw error
}

function lastStep({ farewells }: Dialogue, error: unknown): Step | undefined {
  // Answers that it has not read yet still reach it.
  if (error instanceof ClientGoneError) return {}
  if (error instanceof ClientSilentError) return { reply: farewells.silent }
  if (error instanceof UnusableLineError) {
    return { reply: farewells.unusable, close: { reason: 'a line that cannot be used' } }
  }
  if (error instanceof WebPageError) return { close: { reason: 'a web page?', isStray: true } }
  if (error instanceof TlsHelloError) {
    const reason = 'it begins with TLS: set the program to plain text on this port'
    return { close: { reason, isStray: true } }
  }
  return undefined
}
