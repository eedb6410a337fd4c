import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { runtimeDirectory } from '../../configuration/paths.ts'
import { makeSafeDirectory } from '../../files/safe-directory.ts'

const writableByOthers = 0o022
const searchable = 0o755

/**
 * Lets those reach the socket of an outbox who may open it. Missing directories are made so that all can
 * search them, and the runtime directory becomes so too, where each socket has a mode of its own. Others
 * are left as they are: what is wrong with them is said when the socket is opened, and by `doctor`.
 */
export function makeReachable(
  outboxes: readonly Pick<OutboxConfiguration, 'path' | 'mode'>[],
  runtime = runtimeDirectory(process.env),
): void {
  for (const { path, mode } of outboxes) {
    if ((mode & writableByOthers) === 0) continue
    const directory = dirname(path)
    try {
      makeSearchable(directory)
      if (directory === runtime) openToAll(directory)
    } catch {
      // The socket cannot be opened either.
    }
  }
}

function makeSearchable(directory: string): void {
  const umask = process.umask(0)
  try {
    makeSafeDirectory(directory, searchable)
  } finally {
    process.umask(umask)
  }
}

/** One of ours; by its descriptor, since by its name another may be found a moment later. */
function openToAll(directory: string): void {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  const fd = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    if (fstatSync(fd).uid === process.geteuid?.()) fchmodSync(fd, searchable)
  } finally {
    closeSync(fd)
  }
}
