/**
 * What a child closes to itself, wherever it was started: all files but those of the system, of this
 * package, and of its own confinement (confinements.ts has one for each child).
 */
import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { type PathRule, restrictPaths } from '../kernel/landlock.ts'
import type { Confinement } from '../messages/confinement.ts'
import { packageRoot } from '../package/root.ts'

/**
 * What Node, the C library and the programs of the system read while they run: programs and libraries,
 * the name service, the time zone, what the kernel tells. Directories and not files, which are often
 * replaced: a resolv.conf that is renamed into its place must be found.
 */
const systemDirectories = [
  '/etc',
  '/usr',
  '/lib',
  '/lib64',
  '/bin',
  '/sbin',
  '/nix/store',
  '/gnu/store',
  '/proc',
  '/sys',
  '/run/systemd/resolve',
  '/run/systemd/userdb',
  '/run/NetworkManager',
  '/run/resolvconf',
  '/run/connman',
  '/run/nscd',
  '/var/lib/sss',
  '/var/lib/extrausers',
]
const programDirectories = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/nix/store', '/gnu/store']
const devices = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty']

/**
 * Closes all else to this process, for good; false where the kernel has no Landlock. To be called before
 * anything has used Node's thread pool, whose threads would not be confined.
 * @throws NodeJS.ErrnoException where the kernel refuses
 */
export function confine({ reads, writes, runsPrograms }: Confinement): boolean {
  const authorities = process.env['NODE_EXTRA_CA_CERTS']
  const read = [
    ...systemDirectories,
    ...(authorities === undefined ? [] : [dirname(authorities)]),
    ...nameServers(),
    packageRoot,
    ...reads,
  ]
  return restrictPaths([
    ...rules('read', read),
    ...rules('run', runsPrograms ? programDirectories : []),
    ...rules('write', [...devices, ...writes.map(nearest)]),
  ])
}

function rules(access: PathRule['access'], paths: readonly string[]): PathRule[] {
  return paths.map((path) => ({ path, access }))
}

/** Where /etc/resolv.conf leads: /mnt/wsl, or wherever the network's program keeps it. */
function nameServers(): string[] {
  try {
    return [dirname(realpathSync('/etc/resolv.conf'))]
  } catch {
    return []
  }
}

/** The directory itself, or that in which it is to be made. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path))
}
