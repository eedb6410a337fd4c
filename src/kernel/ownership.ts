import { ConfigInvalidError } from '../errors.ts'
import { findGroupId, findUserId } from './user-database.ts'

/** The number that leaves a file's owner or group as it is (chown(2)). */
export const keepId = -1

/** The owner and group for a file, as numbers for chown(2). */
export interface Ownership {
  uid: number
  gid: number
}

/**
 * The numbers of the configured owner and group; undefined if neither is configured.
 * @throws ConfigInvalidError for a name that this system does not know
 */
export function findOwnership({
  owner,
  group,
}: {
  owner?: string
  group?: string
}): Ownership | undefined {
  if (owner === undefined && group === undefined) return undefined
  return {
    uid: owner === undefined ? keepId : known('owner', owner, findUserId(owner)),
    gid: group === undefined ? keepId : known('group', group, findGroupId(group)),
  }
}

function known(key: string, name: string, id: number | undefined): number {
  if (id !== undefined) return id
  throw new ConfigInvalidError(`${key} = "${name}": this system does not know that name`, {
    hint: 'correct the name, or install the program whose package makes it',
  })
}
