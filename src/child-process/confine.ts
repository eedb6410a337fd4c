/**
 * What a child closes to itself, wherever it was started: all files but those of the system, of this
 * package, and of its own confinement (confinements.ts has one for each child).
 */
import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { knownHome } from '../configuration/known-home.ts'
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
  '/snap',
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
export function confine({ reads, makes, writes, runsPrograms }: Confinement): boolean {
  const { NODE_EXTRA_CA_CERTS: authorities } = process.env
  // NetworkManager, WSL and others keep it elsewhere.
  const files = ['/etc/resolv.conf', ...(authorities ? [authorities] : []), ...reads, ...makes]
  const missing = makes.filter((path) => !existsSync(path)).map(dirname)
  return restrictPaths([
    ...rules('read', [...systemDirectories, ...ownDirectories(), ...files.flatMap(directoriesOf)]),
    ...rules('run', runsPrograms ? programDirectories : []),
    ...rules('write', [...devices, ...[...writes, ...missing].map(nearest)]),
  ])
}

function rules(access: PathRule['access'], paths: readonly string[]): PathRule[] {
  return paths.map((path) => ({ path, access }))
}

/** Of this package, and of a Node that came with libraries of its own. */
function ownDirectories(): string[] {
  const prefix = dirname(dirname(process.execPath))
  return knownHome(process.env).startsWith(prefix) ? [packageRoot] : [packageRoot, prefix]
}

/**
 * The directories in which a file is found, by its path and where symbolic links lead. A directory that is
 * a link itself may lead to another beside it next time, as the secrets of NixOS and Kubernetes do.
 */
function directoriesOf(path: string): string[] {
  const directory = dirname(path)
  const target = resolved(directory)
  const beside = target === directory ? [] : [dirname(target)]
  return [directory, ...beside, dirname(resolved(path))]
}

/** The path itself where nothing is there. */
function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** The directory itself, or that in which it is to be made. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path))
}
