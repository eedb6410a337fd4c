import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The gid of a group's name or number; undefined for an unknown name. */
export async function findGroupId(name: string): Promise<number | undefined> {
  const [, , gid] = await entryOf('group', name)
  return gid === undefined ? undefined : Number(gid)
}

/** A user with all groups; undefined for an unknown name. */
export async function findUser(name: string): Promise<{ uid: number; gids: number[] } | undefined> {
  const [found, , uid] = await entryOf('passwd', name)
  if (found === undefined || uid === undefined) return undefined
  const gids = (await output('id', ['-G', found])) ?? ''
  return { uid: Number(uid), gids: gids.split(/\s+/).filter(Boolean).map(Number) }
}

/** The name of a group, or its number if it has no name. */
export async function groupName(gid: number): Promise<string> {
  return (await entryOf('group', String(gid)))[0] ?? String(gid)
}

/** The name of a user, or the number if there is no name. */
export async function userName(uid: number): Promise<string> {
  return (await entryOf('passwd', String(uid)))[0] ?? String(uid)
}

/** Uses getent(1), which includes LDAP and systemd-homed; without it reads /etc. */
async function entryOf(database: 'passwd' | 'group', key: string): Promise<(string | undefined)[]> {
  const listed = await output('getent', ['--', database, key])
  const line = listed ?? readFileSync(`/etc/${database}`, 'utf8')
  const entries = line.split('\n').map((entry) => entry.split(':'))
  return entries.find(([name, , id]) => name === key || id === key) ?? []
}

/** Empty if the program finds nothing, undefined if there is no such program. */
async function output(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(program, args, { timeout: 10_000 })).stdout
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : ''
  }
}
