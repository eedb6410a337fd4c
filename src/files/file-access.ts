/**
 * Who may have which rights on the files that others hand to us: the one table that the daemon, its
 * children and `doctor` go by. An ACL is bound by its mask, which the mode shows as the group's bits:
 * a mode that is closed to the group is closed to every entry of the list.
 */
import type { Stats } from 'node:fs'
import { InsecureFileModeError } from '../errors.ts'
import { requireOwner } from './require-owner.ts'

/** What a file is for. */
export type FileKind =
  /** Opens something: a client secret, a key, a configuration with one of them in it. */
  | 'secret'
  /** Written by a platform as root, and readable for whoever it runs there. */
  | 'projected'
  /** Others may read it, but not replace it. */
  | 'public'

interface Refusal {
  /** Permission bits that the file must not have. */
  bits: number
  /** What chmod(1) is told to take them away. */
  change: string
}

/** By the file's owner: root gives a service its secret through a group, which is then root's choice. */
const refusals: Record<FileKind, { ofRoot: Refusal; ofUs: Refusal }> = {
  secret: {
    ofRoot: { bits: 0o027, change: 'g-w,o=' },
    ofUs: { bits: 0o077, change: 'go=' },
  },
  projected: {
    ofRoot: { bits: 0o022, change: 'go-w' },
    ofUs: { bits: 0o077, change: 'go=' },
  },
  public: {
    ofRoot: { bits: 0o022, change: 'go-w' },
    ofUs: { bits: 0o022, change: 'go-w' },
  },
}

/** What to tell chmod(1) where a file of root or us is more open than its kind may be. */
export function excessOf({ uid, mode }: Pick<Stats, 'uid' | 'mode'>, kind: FileKind) {
  const { ofRoot, ofUs } = refusals[kind]
  const { bits, change } = uid === 0 ? ofRoot : ofUs
  return (mode & bits) === 0 ? undefined : change
}

/**
 * Refuses a file that belongs to somebody else, or is more open than its kind may be; `what` names it,
 * like `the client secret "PATH"`.
 * @throws InsecureFileModeError
 */
export function requireFileAccess(
  { path, what, kind }: { path: string; what: string; kind: FileKind },
  stats: Pick<Stats, 'uid' | 'mode'>,
): void {
  requireOwner(what, stats.uid)
  const change = excessOf(stats, kind)
  if (change === undefined) return
  const verb = kind === 'public' ? 'write' : 'open'
  throw new InsecureFileModeError(`others may ${verb} ${what}`, {
    hint: `run "chmod ${change} ${path}"`,
  })
}
