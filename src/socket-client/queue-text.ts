import { foldText } from '../command-line/fold-text.ts'
import { visible } from './what-came.ts'

/** What is shown of a message: see QueuedMessage. */
interface ShownMessage {
  id: string
  at: string
  login: string
  size: number
  recipients: string[]
  subject: string
  state: 'waiting' | 'failed'
  next_try_at?: string
  reason?: string
  hint?: string
}

const longestLine = 80

/**
 * The queue as people are shown it at a time, in lines of at most 80 letters, or of the columns of a narrower
 * terminal: only reasons and hints are longer than a line.
 */
export function queueText(
  {
    messages,
    account,
    omitted = 0,
  }: { messages: ShownMessage[]; account: string; omitted?: number },
  now: number,
  columns: number,
): string {
  const width = Math.min(columns, longestLine)
  if (messages.length === 0) return 'the queue is empty\n'
  const total = messages.reduce((sum, { size }) => sum + size, 0)
  const count = messages.length === 1 ? '1 message' : `${messages.length} messages`
  const rows = messages.map((message) => rowsOf(message, now, width))
  const rest = omitted === 0 ? '' : `, and ${omitted} newer ones that are not shown`
  return `${rows.join('\n')}\n${cut(`${count}, ${sizeText(total)}, by ${account}${rest}`, width)}\n`
}

function rowsOf(message: ShownMessage, now: number, width: number): string {
  const { id, at, login, size, recipients, subject, state, reason, hint } = message
  const rows = [
    `${id}  ${sizeText(size)}  ${ageText(now - Date.parse(at))}  ${login}`,
    ...recipients.map((recipient) => `    ${recipient}`),
    ...(subject === '' ? [] : [`    "${subject}"`]),
  ].map((row) => cut(row, width))
  if (reason !== undefined) {
    const what = state === 'failed' ? 'not sent' : 'waits'
    rows.push(foldText(`    ${what}: ${visible(reason)}`, width))
  }
  if (hint !== undefined) rows.push(foldText(`    hint: ${visible(hint)}`, width))
  return [...rows, ...nextTry(message, now)].map((row) => `${row}\n`).join('')
}

function nextTry({ state, next_try_at: next }: ShownMessage, now: number): string[] {
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

/** How long ago, or in how long, for people. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
