import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A user as the kernel sees them, or, without a uid, any member of a group. */
export interface Principal {
  uid?: number
  gids: readonly number[]
}

/** Owner, group and mode of a file or directory. */
export type Permissions = Pick<Stats, 'uid' | 'gid' | 'mode'>

/** The permission needed for a directory (search) and for a socket (write). */
export const permission = { search: 0o1, write: 0o2 } as const

/**
 * True if the mode allows the principal in: the owner's bits count for the owner, the group's for
 * its members, the rest for everybody else, and none for root (path_resolution(7)). Access control
 * lists are not checked.
 */
export function admits(
  { uid, gid, mode }: Permissions,
  principal: Principal,
  wanted: (typeof permission)[keyof typeof permission],
): boolean {
  if (principal.uid === 0) return true
  if (principal.uid === uid) return (mode & (wanted << 6)) !== 0
  if (principal.gids.includes(gid)) return (mode & (wanted << 3)) !== 0
  return (mode & wanted) !== 0
}

/** A directory on the way to a path. */
export interface Step {
  path: string
  permissions: Permissions
}

/**
 * Every directory that must be searched to reach a path, from the top, including those on the way
 * of symbolic links.
 * @throws NodeJS.ErrnoException if this user may not search one of them
 */
export function stepsTo(path: string): Step[] {
  const directory = dirname(path)
  const all = new Set([...ancestors(directory), ...ancestors(realpathSync(directory))])
  return [...all]
    .filter((step) => !lstatSync(step).isSymbolicLink())
    .map((step) => ({ path: step, permissions: statSync(step) }))
}

function ancestors(directory: string): string[] {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [...ancestors(parent), directory]
}
