/**
 * Who may do what with each kind of file: the one table that the daemon, its children and `doctor` go
 * by. Every file that is read must belong to root or to us; root gives a service its secret through a
 * group, which is then root's choice. An ACL is bound by its mask, which the mode shows as the group's
 * bits: a mode that is closed to the group is closed to every entry of the list.
 */
import type { Stats } from 'node:fs'

/** Who else may read a file; nobody else may ever write it. */
type Readers =
  | 'owner'
  | 'group'
  | 'all'
  /** We make it ourselves, with the mode that the configuration says. */
  | 'configured'

interface FileRule {
  /** Of a file that belongs to root. */
  ofRoot: Readers
  /** Of a file that belongs to us. */
  ofUs: Readers
  /** What becomes of a symbolic link by its name. Where one is followed, the file behind it counts. */
  link: 'followed' | 'refused' | 'replaced'
  /** What its directory must be: `safe`, nobody else can replace what is in it; `private`, ours alone. */
  directory: 'any' | 'safe' | 'private'
  /** A larger one is not read. */
  mostBytes: number
}

const secret = {
  ofRoot: 'group',
  ofUs: 'owner',
  link: 'followed',
  directory: 'any',
  mostBytes: 64 * 1024,
} as const
const ownSecret = { ...secret, link: 'refused', directory: 'private' } as const
const publicFile = { ...secret, ofRoot: 'all', ofUs: 'all' } as const
const madeByUs = {
  ofRoot: 'configured',
  ofUs: 'configured',
  link: 'replaced',
  directory: 'safe',
  mostBytes: Infinity,
} as const

/** The rule of each kind of file. */
export const fileRules = {
  configuration: { ...publicFile, mostBytes: Infinity },
  /** A configuration with a secret in it is a secret itself. */
  secretConfiguration: { ...secret, mostBytes: Infinity },
  secret,
  /** A secret that systemd, or what does its part in a container, puts into a directory of its own. */
  credential: secret,
  /** Written by a platform as root, and readable for whoever it runs there. */
  projectedToken: { ...secret, ofRoot: 'all' },
  /** Public, but one that others could replace would sign in somebody else. */
  certificate: publicFile,
  program: { ...publicFile, mostBytes: Infinity },
  storeKey: ownSecret,
  /** As large as a provider makes its refresh token. */
  record: { ...ownSecret, mostBytes: Infinity },
  /** A line for each of a hundred thousand accounts is a tenth of it. */
  seenGrants: { ...ownSecret, mostBytes: 64 * 1024 * 1024 },
  /** Who holds it may write the records. */
  storeLock: ownSecret,
  /** Of a daemon that `init` has started. */
  logFile: { ...ownSecret, directory: 'safe', mostBytes: Infinity },
  tokenFile: madeByUs,
  /** Figures without a secret, in a directory that several programs may write. */
  metricsFile: { ...madeByUs, directory: 'any' },
  socket: madeByUs,
} as const satisfies Record<string, FileRule>

/** What a file is for. */
export type FileKind = keyof typeof fileRules

/** The permission bits that a file must not have, and what chmod(1) is told to take them away. */
const refusals: Record<Readers, { bits: number; change: string }> = {
  owner: { bits: 0o077, change: 'go=' },
  group: { bits: 0o027, change: 'g-w,o=' },
  all: { bits: 0o022, change: 'go-w' },
  configured: { bits: 0, change: '' },
}

/** What to tell chmod(1) where a file of root or us is more open than its kind may be. */
export function excessOf({ uid, mode }: Pick<Stats, 'uid' | 'mode'>, kind: FileKind) {
  const { ofRoot, ofUs } = fileRules[kind]
  const { bits, change } = refusals[uid === 0 ? ofRoot : ofUs]
  return (mode & bits) === 0 ? undefined : change
}
