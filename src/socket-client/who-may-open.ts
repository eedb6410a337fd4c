import { statSync } from 'node:fs'

const groupMayConnect = 0o020

/**
 * Who may open the socket at a path, and what lets this user in, for a hint: connecting takes the right to write
 * (unix(7)). Undefined where that cannot be read.
 */
export async function whoMayOpen(path: string): Promise<string | undefined> {
  try {
    const { mode, uid, gid } = statSync(path)
    const { groupNameOf, userNameOf } = await import('../kernel/user-database.ts')
    const owner = `the user "${userNameOf(uid)}"`
    const isForGroup = (mode & groupMayConnect) !== 0 && gid !== 0
    if (!isForGroup) return `it is for ${owner} alone: see "mode" and "group" of [[socket]]`
    const [group, us] = [groupNameOf(gid), userNameOf(process.geteuid?.() ?? 0)]
    return `it is for ${owner} and the group "${group}": "usermod -aG ${group} ${us}", as root, lets you in from the next login on`
  } catch {
    // Without koffi, or the socket is gone.
    return undefined
  }
}
