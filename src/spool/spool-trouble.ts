import { withErrnoWords } from '../files/errno-words.ts'

const makeRoom = 'make room on its disk'
const putBack = 'put it back where it was, or run "cms-oauth reload", which makes an empty one'
const otherDisk =
  'its file system cannot do what a spool needs: put the state directory on a local disk'
const steps: Partial<Record<string, string>> = {
  ENOSPC: makeRoom,
  EDQUOT: makeRoom,
  ENOENT: putBack,
  ENOTDIR: putBack,
  EINVAL: otherDisk,
  ENOLCK: otherDisk,
  ENOSYS: otherDisk,
  ENOTSUP: otherDisk,
  EOPNOTSUPP: otherDisk,
}

/** What ends that the kernel refuses to use a spool. */
export function spoolStep(code = ''): string {
  return steps[code] ?? 'check its disk, its owner and its mode'
}

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
    hint: `${spoolStep(code)}, then run "${command}"`,
  }
}
