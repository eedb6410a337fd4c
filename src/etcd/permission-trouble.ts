import type { EtcdTrouble } from './etcd-error.ts'

/** What the user of a host needs for a key, as `etcdctl role grant-permission` takes it. */
export interface Right {
  right: 'read' | 'readwrite'
  /** The key, or what all keys of it begin with. */
  keys: string
  isPrefix: boolean
  /** The key as people are told of it: without the hash of an address. */
  shownAs: string
}

/** The trouble of a user without a right that is known; its words are those of etcdctl. */
export function permissionTrouble(missing: {
  user: string
  /** All that the user has. */
  roles: readonly string[]
  does: 'read' | 'write'
  right: Right
}): EtcdTrouble {
  const { user, roles, does, right } = missing
  const message = `does not permit its user "${user}" to ${does} "${right.shownAs}"`
  const [role] = roles
  if (role === undefined) {
    const command = `etcdctl user grant-role ${plainName(user, 'USER')} ROLE`
    return {
      kind: 'permission',
      message: `${message}: the user has no role`,
      hint: `run "${command}"; "etcdctl role list" shows the roles`,
    }
  }
  const flag = right.isPrefix ? '--prefix=true ' : ''
  const command = `etcdctl role grant-permission ${flag}${plainName(role, 'ROLE')} ${right.right} ${right.keys}`
  const hint = `if "prefix" and "role" of [store] are right, run "${command}"`
  return { kind: 'permission', message, hint }
}

/** A name as it can be copied into a shell; any other stands for itself. */
function plainName(name: string, otherwise: string): string {
  return name.length <= 100 && /^[\w.-]+$/.test(name) ? name : otherwise
}
