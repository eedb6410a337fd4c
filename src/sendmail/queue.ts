import type { QueueAnswer } from '../messages/outbox-api.ts'
import { askOutbox } from '../socket-client/ask-outbox.ts'
import { patiently } from '../socket-client/patiently.ts'
import { queueText } from '../socket-client/queue-text.ts'

/** What waits, for people, on a terminal of so many columns. */
export async function describeQueue(columns: number): Promise<string> {
  return queueText(await askQueue(), Date.now(), columns)
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
