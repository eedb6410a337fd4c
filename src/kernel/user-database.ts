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
const getgrnam = libc.func('getgrnam', koffi.pointer(Group), ['str'])
const getgrouplist = libc.func(
  'int getgrouplist(const char *user, uint32_t group, _Out_ uint32_t *groups, _Inout_ int *count)',
)

const noId = 0xffffffff

interface PasswdEntry {
  pw_name: string
  pw_uid: number
  pw_gid: number
}

/** The uid of a user's name, or of a number in digits; undefined where nobody is called so. */
export function findUserId(name: string): number | undefined {
  return numberIn(name) ?? passwdAt(getpwnam(name))?.pw_uid
}

/** The gid of a group's name, or of a number in digits; undefined where none is called so. */
export function findGroupId(name: string): number | undefined {
  const id = numberIn(name)
  if (id !== undefined) return id
  const entry: unknown = getgrnam(name)
  return entry === null ? undefined : (koffi.decode(entry, Group) as { gr_gid: number }).gr_gid
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

/** The highest id is none: chown(2) takes it for "leave it as it is". */
function numberIn(name: string): number | undefined {
  const id = /^\d+$/.test(name) ? Number(name) : noId
  return id < noId ? id : undefined
}

function passwdAt(entry: unknown): PasswdEntry | undefined {
  return entry === null ? undefined : (koffi.decode(entry, Passwd) as PasswdEntry)
}
