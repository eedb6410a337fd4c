import type { SecureContext } from 'node:tls'
import { isCmsOauthError } from '../errors.ts'
import { waitForFileLock } from '../kernel/file-lock.ts'
import { Mask } from '../logging/mask.ts'
import type { Delivery, DeliveryOutcome } from '../messages/sender-messages.ts'
import { deliverByApi } from './api-delivery.ts'
import { fromAccount } from './from-account.ts'
import { later } from './outcomes.ts'
import { Progress } from './progress.ts'
import { deliverBySmtp } from './smtp-delivery.ts'
import { senderLock } from '../spool/spool-folders.ts'
import { spoolTrouble } from '../spool/spool-trouble.ts'
import { readEntry } from './spool-entry.ts'

/** What deliveries have in common. */
export interface DeliveryWorld {
  tls: SecureContext
  /** Aborts when the daemon is gone: what has not begun then does not begin, nor the copy of one more recipient. */
  ending: AbortSignal
}

/**
 * Delivers one message of a spool while no other sender works there, and removes what is done from the
 * spool before it returns. No outcome holds the token.
 * @throws the reason of `ending` where it aborts before the delivery has begun, or between two recipients
 */
export async function deliver(delivery: Delivery, world: DeliveryWorld): Promise<DeliveryOutcome> {
  const mask = new Mask()
  mask.add(delivery.accessToken)
  try {
    const lock = await waitForFileLock(senderLock(delivery.spool), world.ending)
    try {
      return masked(await deliverLocked(delivery, world), mask)
    } finally {
      lock.close()
    }
  } catch (error) {
    if (world.ending.aborted || !isOfDisk(error)) throw error
    return diskTrouble(delivery, error)
  }
}

async function deliverLocked(
  delivery: Delivery,
  { tls, ending }: DeliveryWorld,
): Promise<DeliveryOutcome> {
  const { spool, id } = delivery
  try {
    const entry = readEntry(spool, id)
    if (entry === undefined) return { kind: 'gone' }
    const progress = new Progress(spool, fromAccount(entry, delivery.account))
    const { route } = delivery
    try {
      return route.via === 'smtp'
        ? await deliverBySmtp(delivery, route, progress, tls)
        : await deliverByApi(delivery, route, progress, ending)
    } catch (error) {
      if (!progress.isUnrecorded || !isOfDisk(error)) throw error
      return { ...diskTrouble(delivery, error), isUncertain: true }
    } finally {
      progress.end()
    }
  } catch (error) {
    if (!isCmsOauthError(error) || error.code !== 'request_invalid') throw error
    return { kind: 'refused', reason: error.message, hint: error.hint }
  }
}

function diskTrouble({ spool }: Delivery, error: NodeJS.ErrnoException) {
  const { reason, hint } = spoolTrouble(spool, error)
  return later('you', reason, hint)
}

function isOfDisk(error: unknown): error is NodeJS.ErrnoException {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

/** A provider may repeat what it was sent. */
function masked(outcome: DeliveryOutcome, mask: Mask): DeliveryOutcome {
  switch (outcome.kind) {
    case 'gone':
      return outcome
    case 'delivered':
      return { ...outcome, refused: maskedRecipients(outcome.refused, mask) }
    case 'later':
      return {
        ...outcome,
        ...maskedWords(outcome, mask),
        ...(outcome.refused && { refused: maskedRecipients(outcome.refused, mask) }),
      }
    case 'token_refused':
    case 'refused':
      return { ...outcome, ...maskedWords(outcome, mask) }
  }
}

function maskedWords({ reason, hint }: { reason: string; hint: string }, mask: Mask) {
  return { reason: mask.apply(reason), hint: mask.apply(hint) }
}

function maskedRecipients<T extends { reason: string }>(refused: readonly T[], mask: Mask): T[] {
  return refused.map((entry) => ({ ...entry, reason: mask.apply(entry.reason) }))
}
