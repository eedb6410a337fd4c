import { withErrnoWords } from '../files/errno-words.ts'

/**
 * That the kernel refuses what is to be done in a spool, for people; `command` goes on once that is over.
 */
export function spoolTrouble(
  spool: string,
  { code }: Pick<NodeJS.ErrnoException, 'code'>,
  command = 'cms-oauth outbox retry',
): { reason: string; hint: string } {
  return {
    reason: `the spool "${spool}" cannot be used: ${withErrnoWords(code)}`,
    hint: `check its disk, its owner and its mode, then run "${command}"`,
  }
}
