import { koffi } from './koffi.ts'
import { libc } from './libc.ts'

/* The system's user database through NSS, so that LDAP and systemd-homed count as /etc/passwd does. */

const Passwd = koffi.struct('passwd', {
  pw_name: 'char *',
  pw_passwd: 'char *',
  pw_uid: 'uint32_t',
  pw_gid: 'uint32_t',
  pw_gecos: 'char *',
  pw_dir: 'char *',
  pw_shell: 'char *',
})
const Group = koffi.struct('group', {
  gr_name: 'char *',
  gr_passwd: 'char *',
  gr_gid: 'uint32_t',
  gr_mem: 'void *',
})

const getpwnam = libc.func('getpwnam', koffi.pointer(Passwd), ['str'])
const getpwuid = libc.func('getpwuid', koffi.pointer(Passwd), ['uint32_t'])
const setpwent = libc.func('void setpwent()')
const getpwent = libc.func('getpwent', koffi.pointer(Passwd), [])
const endpwent = libc.func('void endpwent()')
const getgrnam = libc.func('getgrnam', koffi.pointer(Group), ['str'])
const getgrgid = libc.func('getgrgid', koffi.pointer(Group), ['uint32_t'])
const getgrouplist = libc.func(
  'int getgrouplist(const char *user, uint32_t group, _Out_ uint32_t *groups, _Inout_ int *count)',
)

const noId = 0xffffffff
const pointerBytes = koffi.sizeof('void *')

interface PasswdEntry {
  pw_name: string
  pw_uid: number
  pw_gid: number
}

interface GroupEntry {
  gr_name: string
  gr_gid: number
  /** Members besides those whose own group it is (passwd(5)). */
  gr_mem: unknown
}

/** The uid of a user name, or of a number in digits; undefined for an unknown name. */
export function findUserId(name: string): number | undefined {
  return numberIn(name) ?? passwdAt(getpwnam(name))?.pw_uid
}

/** The gid of a group name, or of a number in digits; undefined for an unknown name. */
export function findGroupId(name: string): number | undefined {
  const id = numberIn(name)
  if (id !== undefined) return id
  return groupAt(getgrnam(name))?.gr_gid
}

/** The user's name, or the number if it has none. */
export function userNameOf(uid: number): string {
  return passwdAt(getpwuid(uid))?.pw_name ?? String(uid)
}

/** The group's name, or the number if it has none. */
export function groupNameOf(gid: number): string {
  return groupAt(getgrgid(gid))?.gr_name ?? String(gid)
}

/**
 * All users in a group, including those whose own group it is. Reads the whole database: do not
 * call it in a loop.
 */
export function userIdsIn(gid: number): number[] {
  const uids = new Set<number>()
  const names = namesAt(groupAt(getgrgid(gid))?.gr_mem)
  // A name without a user today may have one tomorrow.
  for (const name of names) uids.add(passwdAt(getpwnam(name))?.pw_uid ?? noId)
  setpwent()
  for (let entry; (entry = passwdAt(getpwent())) !== undefined;) {
    if (entry.pw_gid === gid) uids.add(entry.pw_uid)
  }
  endpwent()
  return [...uids]
}

/** Every group that a user is in; empty for a uid without an entry. */
export function groupIdsOf(uid: number): number[] {
  const entry = passwdAt(getpwuid(uid))
  if (entry === undefined) return []
  const count = [64]
  let groups = new Uint32Array(64)
  if (getgrouplist(entry.pw_name, entry.pw_gid, groups, count) === -1) {
    groups = new Uint32Array(count[0] ?? 0)
    getgrouplist(entry.pw_name, entry.pw_gid, groups, count)
  }
  return [...groups.subarray(0, count[0])]
}

/** The highest number is not an id: to chown(2) it means "leave it as it is". */
function numberIn(name: string): number | undefined {
  const id = /^\d+$/.test(name) ? Number(name) : noId
  return id < noId ? id : undefined
}

function passwdAt(entry: unknown): PasswdEntry | undefined {
  return entry === null ? undefined : (koffi.decode(entry, Passwd) as PasswdEntry)
}

function groupAt(entry: unknown): GroupEntry | undefined {
  return entry === null ? undefined : (koffi.decode(entry, Group) as GroupEntry)
}

/** The strings of a null-terminated array. */
function namesAt(pointer: unknown): string[] {
  const names: string[] = []
  if (pointer === null || pointer === undefined) return names
  for (;;) {
    const name = koffi.decode(pointer, names.length * pointerBytes, 'char *') as string | null
    if (name === null) return names
    names.push(name)
  }
}
