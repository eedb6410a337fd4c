import type { Actor } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { ownShortage } from '../files/own-shortage.ts'

/** A failure in words, and who can end it. */
export interface OwnFault {
  reason: string
  hint: string
  actor: Actor
}

/** What a child process tells of an error that nobody expected: what this machine lacks, or else a fault of ours. */
export function ownFault(child: 'renewer' | 'sender', error: unknown, where = ''): OwnFault {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  const shortage = ownShortage(String(code))
  if (shortage !== undefined) {
    const reason = `the ${child} cannot go on${where}: ${withErrnoWords(String(code))}`
    return { reason, hint: shortage, actor: 'nobody' }
  }
  return {
    reason: `the ${child} met an error of its own${where}`,
    hint: `this is a fault in cms-oauth: please report it with the line "${child}.exception_caught" of the log`,
    actor: 'you',
  }
}
