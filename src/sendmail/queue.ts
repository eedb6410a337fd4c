import type { QueueAnswer } from '../messages/outbox-api.ts'
import { askOutbox } from '../socket-client/ask-outbox.ts'
import { patiently } from '../socket-client/patiently.ts'
import { queueText } from '../socket-client/queue-text.ts'

/**
 * What waits, for people, on a terminal of so many columns. Where it is not shown on one, its last lines are those
 * that programs look for: monitoring that finds none of them says that all is well.
 */
export async function describeQueue(columns: number, isTerminal: boolean): Promise<string> {
  const answer = await askQueue()
  if (answer.messages.length === 0) return 'Mail queue is empty\n'
  return queueText(answer, Date.now(), columns) + (isTerminal ? '' : totals(answer))
}

/** As the mailq of sendmail ends, and then that of Postfix; what will not be tried again is in the queue of neither. */
function totals({ messages, omitted = 0 }: QueueAnswer): string {
  const waiting = messages.filter(({ state }) => state === 'waiting')
  const count = waiting.length + omitted
  const kibibytes = Math.ceil(waiting.reduce((sum, { size }) => sum + size, 0) / 1024)
  const requests = count === 1 ? 'Request' : 'Requests'
  return `                Total requests: ${count}\n-- ${kibibytes} Kbytes in ${count} ${requests}.\n`
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
