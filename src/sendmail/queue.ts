import { foldText } from '../command-line/fold-text.ts'
import type { QueueAnswer, QueuedMessage } from '../messages/outbox-api.ts'
import { visible } from '../socket-client/what-came.ts'
import { askOutbox } from '../socket-client/ask-outbox.ts'
import { patiently } from '../socket-client/patiently.ts'

const longestLine = 80

/** What waits, for people, in lines of at most 80 letters, or of the columns of a narrower terminal. */
export async function describeQueue(columns: number): Promise<string> {
  return queueText(await askQueue(), Date.now(), Math.min(columns, longestLine))
}

/** Has everything of the caller that waits tried now. */
export async function flushQueue(): Promise<void> {
  await patiently((socket) => askOutbox(socket, { method: 'POST', path: '/v1/retry' }))
}

async function askQueue(): Promise<QueueAnswer> {
  return (await patiently((socket) =>
    askOutbox(socket, { method: 'GET', path: '/v1/messages' }),
  )) as QueueAnswer
}

/** The queue as mailq shows it at a time; only the reasons are longer than a line. */
function queueText({ messages, account }: QueueAnswer, now: number, width: number): string {
  if (messages.length === 0) return 'the queue is empty\n'
  const total = messages.reduce((sum, { size }) => sum + size, 0)
  const count = messages.length === 1 ? '1 message' : `${messages.length} messages`
  const rows = messages.map((message) => rowsOf(message, now, width))
  return `${rows.join('\n')}\n${cut(`${count}, ${sizeText(total)}, by ${account}`, width)}\n`
}

function rowsOf(message: QueuedMessage, now: number, width: number): string {
  const { id, at, login, size, recipients, subject, state, reason } = message
  const rows = [
    `${id}  ${sizeText(size)}  ${ageText(now - Date.parse(at))}  ${login}`,
    ...recipients.map((recipient) => `    ${recipient}`),
    ...(subject === '' ? [] : [`    "${subject}"`]),
  ].map((row) => cut(row, width))
  if (reason !== undefined) {
    const what = state === 'failed' ? 'not sent' : 'waits'
    rows.push(foldText(`    ${what}: ${visible(reason)}`, width))
  }
  return [...rows, ...nextTry(message, now)].map((row) => `${row}\n`).join('')
}

function nextTry({ state, next_try_at: next }: QueuedMessage, now: number): string[] {
  if (state === 'failed' || next === undefined) return []
  const wait = Date.parse(next) - now
  return [wait > 0 ? `    is tried again in ${ageText(wait)}` : '    is tried now']
}

function cut(row: string, width: number): string {
  const plain = visible(row)
  return plain.length > width ? `${plain.slice(0, width - 1)}…` : plain
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const kibibytes = bytes / 1024
  return kibibytes < 1024 ? `${Math.ceil(kibibytes)} KiB` : `${(kibibytes / 1024).toFixed(1)} MiB`
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
