import { dirname } from 'node:path'
import { oneOf } from '../../command-line/nearest-known.ts'
import { columnsOf, foldText } from '../../command-line/fold-text.ts'
import {
  type CmsOauthError,
  ConfigInvalidError,
  ProviderProtocolError,
  UsageError,
} from '../../errors.ts'
import type { QueueAnswer, QueuedMessage, RemovedAnswer } from '../../messages/outbox-api.ts'
import { askOutbox, type OutboxRequest } from '../../socket-client/ask-outbox.ts'
import { findOutbox, namedOutbox } from '../../socket-client/outbox-path.ts'
import { isNowhere, patiently } from '../../socket-client/patiently.ts'
import { handOverUnsent, unsentFiles, type UnsentOutcome } from '../../socket-client/unsent.ts'
import { ageText, queueText } from '../../socket-client/queue-text.ts'
import { visible } from '../../socket-client/what-came.ts'
import { notAmong } from '../control.ts'
import type { CommandLine } from '../options.ts'
import { queueAnswer, removedAnswer } from '../outbox-answer-shapes.ts'
import { exitStatus } from '../exit-status.ts'
import { formatTable } from '../table.ts'
import { printError } from '../terminal.ts'
import { sayJson } from '../say-json.ts'

const actions: Record<string, (line: CommandLine) => Promise<void>> = {
  list: listMessages,
  show: showMessage,
  retry: retryMessages,
  delete: deleteMessage,
}

/**
 * `outbox [list]`, `outbox show ID`, `outbox retry [ID]`, `outbox delete ID`: what waits in the outbox, one's own
 * messages or, for root and the user of the daemon, those of everybody. @throws CmsOauthError
 */
export async function runOutbox(line: CommandLine): Promise<number> {
  const [, action = 'list'] = line.words
  if (line.options['take-unsent'] === true) return takeUnsent(line.words.slice(1))
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (run === undefined) {
    const hint = `${oneOf(action, Object.keys(actions))}, like "cms-oauth outbox list"`
    throw new UsageError(notAmong('outbox', action), { hint })
  }
  await run(line)
  return 0
}

/** Hands over what sendmail kept. Returns 0 if nothing is left, else the exit status of the reason. */
async function takeUnsent(words: readonly string[]): Promise<number> {
  if (words.length > 0) throw new UsageError('--take-unsent needs no more words')
  const { taken, refused, stoppedBy } = await handOverUnsent(handOver, unsentFiles({ isAll: true }))
  process.stdout.write(`${taken === 1 ? '1 message' : `${taken} messages`} handed over\n`)
  printRefusals(refused)
  if (stoppedBy !== undefined) throw isNowhere(stoppedBy) ? withNamed(stoppedBy) : stoppedBy
  return Math.max(0, ...refused.map(({ error }) => exitStatus[error.code]))
}

/** Each once, however many messages it is of. */
function printRefusals(refused: UnsentOutcome['refused']): void {
  const alike = new Map<string, UnsentOutcome['refused']>()
  for (const each of refused) {
    const { message, hint } = each.error
    const key = `${message}\n${hint}`
    alike.set(key, [...(alike.get(key) ?? []), each])
  }
  for (const [first, ...more] of alike.values()) {
    if (first === undefined) continue
    const { path, error } = first
    const where =
      more.length === 0
        ? `the message is in "${path}"`
        : `the ${more.length + 1} messages are in "${dirname(path)}"`
    error.message = `${error.message}; ${where}`
    printError(error)
  }
}

/** It is what the message was kept for that is not there. */
function withNamed({ message }: CmsOauthError): ConfigInvalidError {
  return new ConfigInvalidError(message, {
    hint: 'start the daemon of this outbox, or name another outbox by CMS_OUTBOX for this command',
  })
}

async function listMessages(line: CommandLine): Promise<void> {
  refuseId(line)
  const answer = await queue()
  if (line.options.json === true) {
    sayJson(answer, 2)
  } else {
    process.stdout.write(queueText(answer, Date.now(), columnsOf(process.stdout)))
  }
}

async function showMessage(line: CommandLine): Promise<void> {
  const id = idOf(line)
  const answer = await queue()
  const { messages } = answer.omitted === undefined ? answer : await queue(pathOf(id))
  const message = messages.find((each) => each.id === id)
  if (message === undefined) {
    throw new UsageError(`there is no message "${id}"`, { hint: 'see "cms-oauth outbox list"' })
  }
  if (line.options.json === true) return sayJson(message, 2)
  const rows = Object.entries(message).map(([name, value]) => [
    `${name}:`,
    visible(Array.isArray(value) ? value.join(', ') : String(value)),
  ])
  process.stdout.write(foldText(formatTable(rows), columnsOf(process.stdout)))
}

async function retryMessages(line: CommandLine): Promise<void> {
  const [, , id, ...more] = line.words
  const path = id === undefined ? '/v1/retry' : `${pathOf(id)}/retry`
  if (more.length > 0) throw new UsageError('"outbox retry" takes one ID', { hint: 'or none' })
  const before = (await queue()).messages.filter(({ state }) => state === 'waiting')
  await ask({ method: 'POST', path })
  if (id === undefined && before.length === 0) {
    process.stdout.write('no message waits\n')
    return
  }
  const later = (await queue()).messages.filter(
    (message) => (id ?? message.id) === message.id && msUntilTried(message) > 1_000,
  )
  const rows = later.map((message) => {
    const why = message.reason === undefined ? '' : `: ${message.reason}`
    return `${message.id} is tried again in ${ageText(msUntilTried(message))}${visible(why)}`
  })
  const text = later.length === 0 ? `${id ?? 'all that waits'} is tried now` : rows.join('\n')
  process.stdout.write(`${foldText(text, columnsOf(process.stdout))}\n`)
}

/** Some wait all the same: for the time that the provider has named, or for the hour of their user to be over. */
function msUntilTried({ next_try_at: at }: QueuedMessage): number {
  return at === undefined ? 0 : Date.parse(at) - Date.now()
}

async function deleteMessage(line: CommandLine): Promise<void> {
  const id = idOf(line)
  const answer = await ask({ method: 'DELETE', path: pathOf(id) })
  const { messages } = removedAnswer(answer) === undefined ? (answer as RemovedAnswer) : {}
  const held = messages === undefined ? '' : `, with the ${messages} messages in it`
  process.stdout.write(`${visible(id)}: deleted${held}\n`)
}

/** Where the outbox that it was kept for is not there, to the one that is named for this command. */
function handOver(body: Buffer, env: NodeJS.ProcessEnv): Promise<unknown> {
  const isThere = findOutbox(env) !== undefined || namedOutbox(process.env) === undefined
  const request = { method: 'POST', path: '/v1/messages', body: [body] } as const
  return patiently((socket) => askOutbox(socket, request), isThere ? env : process.env)
}

async function queue(path = '/v1/messages'): Promise<QueueAnswer> {
  const answer = await ask({ method: 'GET', path })
  const place = queueAnswer(answer)
  if (place === undefined) return answer as QueueAnswer
  throw new ProviderProtocolError(`the outbox does not answer as documented: ${place}`, {
    hint: 'restart cms-oauthd: it may be of another version than the client',
  })
}

function ask(request: OutboxRequest): Promise<unknown> {
  return patiently((socket) => askOutbox(socket, request))
}

function pathOf(id: string): string {
  return `/v1/messages/${encodeURIComponent(id)}`
}

function idOf({ words: [, action, id, ...more] }: CommandLine): string {
  if (id !== undefined && more.length === 0) return id
  throw new UsageError(`"outbox ${action}" needs one ID`, { hint: 'see "cms-oauth outbox list"' })
}

function refuseId({ words: [, , ...more] }: CommandLine): void {
  if (more.length === 0) return
  throw new UsageError('"outbox list" does not take an operand', {
    hint: 'just "cms-oauth outbox list"',
  })
}
