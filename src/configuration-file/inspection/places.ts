/** Where sockets, token files and records are made: whether they can be, by the user of this process. */
import { accessSync, constants, lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AccessRule } from '../../configuration/access-rule.ts'
import type { Configuration, SocketConfiguration } from '../../configuration/configuration.ts'
import { failure, failureOf, type Finding, warning } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { requireFileAccess } from '../../files/file-access.ts'
import { requireSafeDirectory } from '../../files/safe-directory.ts'
import { findOwnership, keepId } from '../../kernel/ownership.ts'
import { userNameOf } from '../../kernel/user-database.ts'

/** Everything that the daemon makes, and whom it is given to. */
export function placeFindings(configuration: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  const { sockets, control, tokenFiles, store } = configuration
  return [
    ...sockets.flatMap(socketFindings),
    ...madePlace('control socket', control.path, isSocket),
    ...tokenFiles.flatMap((file) => [
      ...whose('token file', file),
      ...existingDirectory('token file', file.path),
    ]),
    ...madePlace('store', join(store.stateDirectory, 'daemon.lock'), isFile),
    ...keyFindings(configuration, env),
  ]
}

function socketFindings(socket: SocketConfiguration): Finding[] {
  const { path, allow, name } = socket
  const place = name === undefined ? madePlace('socket', path, isSocket) : []
  return [...whose('socket', socket), ...attempt('socket', () => new AccessRule(allow)), ...place]
}

/** A name that nobody has, or a group that this user is not in. */
function whose(
  subject: string,
  { path, owner, group }: { path: string; owner?: string; group?: string },
): Finding[] {
  const given = {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  }
  let ownership: ReturnType<typeof findOwnership>
  const unknown = attempt(subject, () => {
    ownership = findOwnership(given)
  })
  if (ownership === undefined || process.geteuid?.() === 0) return unknown
  const { uid, gid } = ownership
  const us = userNameOf(process.geteuid?.() ?? 0)
  const found: Finding[] = []
  if (uid !== keepId && uid !== process.geteuid?.()) {
    const text = `${path}: owner = "${owner}", but only root may change the owner of a file, and this is "${us}"`
    found.push(
      failure(subject, 'config_invalid', text, 'leave out owner, and use a group that both are in'),
    )
  }
  if (
    gid !== keepId &&
    gid !== process.getegid?.() &&
    !(process.getgroups?.() ?? []).includes(gid)
  ) {
    const text = `${path}: group = "${group}", which the user "${us}" is not in`
    const hint = `run "usermod -aG ${group} ${us}" and log in again; under systemd, SupplementaryGroups=${group}`
    found.push(failure(subject, 'config_invalid', text, hint))
  }
  return found
}

type Kind = (path: string) => string | undefined

const isSocket: Kind = (path) => {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.isSocket() ? undefined : 'something else is there'
}
const isFile: Kind = (path) => {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.isFile() ? undefined : 'something else is there'
}

/** In a directory that is made where it is missing. */
function madePlace(subject: string, path: string, kind: Kind): Finding[] {
  let directory = dirname(path)
  while (statOf(directory) === 'ENOENT') directory = dirname(directory)
  return [...directoryFindings(subject, path, directory), ...kindFindings(subject, path, kind)]
}

/** In a directory that somebody else makes. */
function existingDirectory(subject: string, path: string): Finding[] {
  const directory = dirname(path)
  if (statOf(directory) === 'ENOENT') {
    const text = `${path}: the directory "${directory}" is not there`
    const hint = `make it, and give those who read the file search permission on it: "install -d -m 0755 ${directory}"`
    return [failure(subject, 'config_invalid', text, hint)]
  }
  return [...directoryFindings(subject, path, directory), ...kindFindings(subject, path, isFile)]
}

function kindFindings(subject: string, path: string, kind: Kind): Finding[] {
  try {
    const fault = kind(path)
    if (fault === undefined) return []
    return [
      failure(
        subject,
        'config_invalid',
        `${path}: ${fault}`,
        'move it away, or choose another path',
      ),
    ]
  } catch {
    // The directory has been told of already.
    return []
  }
}

/** The code of what keeps us from looking; undefined for a directory. */
function statOf(directory: string): string | undefined {
  try {
    return statSync(directory).isDirectory() ? undefined : 'ENOTDIR'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

function directoryFindings(subject: string, path: string, directory: string): Finding[] {
  const unsafe = attempt(subject, () => requireSafeDirectory(directory))
  if (unsafe.length > 0) return unsafe
  try {
    if (statOf(directory) === 'ENOTDIR') throw Object.assign(new Error(), { code: 'ENOTDIR' })
    accessSync(directory, constants.W_OK | constants.X_OK)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const us = userNameOf(process.geteuid?.() ?? 0)
    const text = `${path}: the user "${us}" may not write the directory "${directory}" (${code})`
    return [
      failure(
        subject,
        'config_invalid',
        text,
        'give the directory to that user, or choose another path; the check is about the user who runs it',
      ),
    ]
  }
}

function keyFindings({ store: { key } }: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  switch (key.from) {
    case 'file':
      return keyFileFindings(key.path)
    case 'credential': {
      if ((env['CREDENTIALS_DIRECTORY'] ?? '') !== '') return []
      const text = `the credential "${key.name}" is there under systemd only, and was not checked`
      return [warning('key', text, 'run doctor while the service is running')]
    }
    case 'keyring':
    case 'command':
      return []
  }
}

function keyFileFindings(path: string): Finding[] {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
    return madePlace('key', path, isFile)
  return attempt('key', () => {
    const stats = statSync(path)
    requireFileAccess({ path, what: `the key "${path}"`, kind: 'secret' }, stats)
    accessSync(path, constants.R_OK)
  })
}

/** The failure of what throws one; trouble of the system by its code. */
function attempt(subject: string, work: () => unknown): Finding[] {
  try {
    work()
    return []
  } catch (error) {
    if (isCmsOauthError(error)) return [failureOf(subject, error)]
    const { code, path } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const text = `"${path}" cannot be checked: ${code}`
    return [
      failure(subject, 'config_invalid', text, 'check the directories above it and their modes'),
    ]
  }
}
