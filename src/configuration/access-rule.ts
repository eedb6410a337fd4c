import { readFileSync } from 'node:fs'
import { ConfigInvalidError } from '../errors.ts'
import * as systemDatabase from '../kernel/user-database.ts'
import { runningMs } from '../schedule/clock.ts'
import type { AllowRule } from './allow-rule.ts'

/** Looks up the numbers of names. */
export type UserDatabase = Pick<typeof systemDatabase, 'findUserId' | 'findGroupId' | 'groupIdsOf'>

/** Who wants something, as the kernel tells. */
export interface AccessPeer {
  uid: number
  /** Absent where it is unknown, as of TCP. */
  gid?: number
  /** The supplementary groups of the process; where they are unknown, those of its user count. */
  groups?: () => readonly number[] | undefined
}

/** Asking a directory service for each request would make every mail program wait for it. */
const groupsLifetimeMs = 60_000

/** Who may have a credential from a socket: everybody the mode lets in, or only those listed. */
export class AccessRule {
  readonly #uids: ReadonlySet<number> | undefined
  readonly #gids: ReadonlySet<number>
  readonly #database: UserDatabase
  readonly #groups = new Map<number, { ids: number[]; readAt: number }>()

  /** @throws ConfigInvalidError for an unknown name, or if uids are not the kernel's own */
  constructor(allow: AllowRule | undefined, database: UserDatabase = systemDatabase) {
    this.#database = database
    if (allow !== undefined) requireFullUidMap()
    this.#uids =
      allow && new Set(allow.users.map((name) => known('user', name, database.findUserId(name))))
    this.#gids = new Set(
      allow?.groups.map((name) => known('group', name, database.findGroupId(name))),
    )
  }

  /** True if the peer may have what it asks for. */
  admits({ uid, gid, groups }: AccessPeer): boolean {
    if (this.#uids === undefined || this.#uids.has(uid)) return true
    if (this.#gids.size === 0) return false
    if (gid !== undefined && this.#gids.has(gid)) return true
    return (groups?.() ?? this.#groupsOf(uid)).some((id) => this.#gids.has(id))
  }

  #groupsOf(uid: number): number[] {
    const now = runningMs()
    const cached = this.#groups.get(uid)
    if (cached !== undefined && now - cached.readAt < groupsLifetimeMs) return cached.ids
    const ids = this.#database.groupIdsOf(uid)
    this.#groups.set(uid, { ids, readAt: now })
    return ids
  }
}

function known(kind: 'user' | 'group', name: string, id: number | undefined): number {
  if (id !== undefined) return id
  throw new ConfigInvalidError(
    `"allow" names the ${kind} "${name}", which this system does not know`,
    {
      hint: `correct the name, or write the number of the ${kind}`,
    },
  )
}

/** In a user namespace that maps only some uids, all other peers appear with the same uid. */
function requireFullUidMap(): void {
  const map = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number)
  const [inside, outside, count = 0] = map
  if (map.length === 3 && inside === 0 && outside === 0 && count >= 4_294_967_295) return
  throw new ConfigInvalidError('"allow" cannot be enforced here: this is a user namespace', {
    hint: 'peers of other users cannot be told apart; remove PrivateUsers= or "allow"',
  })
}
