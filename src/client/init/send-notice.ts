import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { ProviderUnavailableError } from '../../errors.ts'
import type { QueueAnswer, SubmissionAnswer } from '../../messages/outbox-api.ts'
import { askOutbox } from '../../socket-client/ask-outbox.ts'

const pauseMs = 200

/**
 * Hands a message for root to an outbox, and resolves when its provider has taken it.
 * @throws CmsOauthError where it is refused, or waits
 */
export async function sendNotice(socket: string): Promise<void> {
  const message = `Subject: ${hostname()} can tell you things\n\nThis is the test notice of "cms-oauth init".\n`
  const id = `init-${process.pid}-${Date.now()}`
  const head = { id, program: 'sendmail', arguments: ['root'], size: message.length }
  const body = [Buffer.from(`${JSON.stringify(head)}\n${message}`)]
  const accepted = await askOutbox(socket, { method: 'POST', path: '/v1/messages', body })
  for (;;) {
    const answer = await askOutbox(socket, { method: 'GET', path: '/v1/messages' })
    const { messages } = answer as QueueAnswer
    const left = messages.find((each) => each.id === (accepted as SubmissionAnswer).id)
    if (left === undefined) return
    if (left.reason !== undefined) {
      throw new ProviderUnavailableError(`the test notice waits: ${left.reason}`, {
        hint: 'see "cms-oauth status"; it is sent as soon as it can be',
      })
    }
    await setTimeout(pauseMs)
  }
}
