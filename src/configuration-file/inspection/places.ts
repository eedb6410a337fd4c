/**
 * Checks that the user of this process can create sockets, token files and records where they are
 * configured.
 */
import { accessSync, constants, lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AccessRule } from '../../configuration/access-rule.ts'
import { bridgeAccess } from '../../configuration/bridge-access.ts'
import { outboxAccess } from '../../configuration/outbox-access.ts'
import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { peersObstacle } from '../../configuration/peers-obstacle.ts'
import type {
  BridgeConfiguration,
  Configuration,
  SocketConfiguration,
} from '../../configuration/configuration.ts'
import {
  controlSocketSubject,
  errorFinding,
  failure,
  type Finding,
  warning,
} from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { type PlacedFile, requireDirectoryOf } from '../../files/file-access.ts'
import { requireFile } from '../../files/read-file.ts'
import { requireSafeDirectory } from '../../files/safe-directory.ts'
import { findOwnership, keepId } from '../../kernel/ownership.ts'
import { userNameOf } from '../../kernel/user-database.ts'
import { credentialsDirectory, secretFile } from '../../secrets/read-secret.ts'
import { storeKey } from '../../secrets/store-key.ts'

/** Checks everything that the daemon creates, and its owners and groups. */
export function placeFindings(configuration: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  const { sockets, bridges, outboxes, control, tokenFiles, metrics, store } = configuration
  return [
    ...sockets.flatMap(socketFindings),
    ...bridges.flatMap(bridgeFindings),
    ...outboxes.flatMap(outboxFindings),
    ...madePlace(controlSocketSubject, { path: control.path, kind: 'socket' }),
    ...tokenFiles.flatMap((file) => [
      ...whose('token file', file),
      ...existingDirectory('token file', { path: file.path, kind: 'tokenFile' }),
    ]),
    ...(metrics.textfile === undefined
      ? []
      : existingDirectory('metrics file', { path: metrics.textfile, kind: 'metricsFile' })),
    ...madePlace('store', { path: join(store.stateDirectory, 'daemon.lock'), kind: 'storeLock' }),
    ...keyFindings(configuration, env),
  ]
}

function socketFindings(socket: SocketConfiguration): Finding[] {
  const { path, allow, name } = socket
  const place = name === undefined ? madePlace('socket', { path, kind: 'socket' }) : []
  return [...whose('socket', socket), ...attempt('socket', () => new AccessRule(allow)), ...place]
}

function bridgeFindings(bridge: BridgeConfiguration): Finding[] {
  const { listen, owner, group } = bridge
  const obstacle = peersObstacle(bridge)
  const paths = listen.flatMap((address) => ('path' in address ? [address.path] : []))
  const given = {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  }
  return [
    ...attempt('bridge', () => bridgeAccess(bridge)),
    ...(obstacle === undefined ? [] : [errorFinding('bridge', obstacle)]),
    ...paths.flatMap((path) => [
      ...whose('bridge', { path, ...given }),
      ...madePlace('bridge', { path, kind: 'socket' }),
    ]),
  ]
}

function outboxFindings(outbox: OutboxConfiguration): Finding[] {
  const { path, spool } = outbox
  return [
    ...whose('outbox', outbox),
    ...attempt('outbox', () => outboxAccess(outbox)),
    ...madePlace('outbox', { path, kind: 'socket' }),
    ...madePlace('outbox', { path: join(spool, 'sender.lock'), kind: 'storeLock' }),
  ]
}

/** Finds unknown names, and groups that this user is not in. */
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
    const hint = `run "usermod -aG ${group} ${us}" and log in again; under systemd, SupplementaryGroups=${group} and SystemCallFilter=@chown`
    found.push(failure(subject, 'config_invalid', text, hint))
  }
  return found
}

/** True if there is nothing by that name, or what is to be there. */
function isFitting({ path, kind }: PlacedFile): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats === undefined || (kind === 'socket' ? stats.isSocket() : stats.isFile())
}

/** A socket of another owner was made by systemd, which passes it: nothing is made in its place. */
function isHandedOver({ path, kind }: PlacedFile): boolean {
  try {
    const stats = kind === 'socket' ? lstatSync(path, { throwIfNoEntry: false }) : undefined
    return stats?.isSocket() === true && stats.uid !== process.geteuid?.()
  } catch {
    return false
  }
}

/** For a directory that the daemon creates if it is missing. */
function madePlace(subject: string, file: PlacedFile): Finding[] {
  if (isHandedOver(file)) return []
  let directory = dirname(file.path)
  while (statOf(directory) === 'ENOENT') directory = dirname(directory)
  return [...directoryFindings(subject, file, directory), ...kindFindings(subject, file)]
}

/** For a directory that must exist. */
function existingDirectory(subject: string, file: PlacedFile): Finding[] {
  const { path } = file
  const directory = dirname(path)
  if (statOf(directory) === 'ENOENT') {
    const text = `${path}: the directory "${directory}" is not there`
    const hint = `make it, and give those who read the file search permission on it: "install -d -m 0755 ${directory}"`
    return [failure(subject, 'config_invalid', text, hint)]
  }
  return [...directoryFindings(subject, file, directory), ...kindFindings(subject, file)]
}

function kindFindings(subject: string, file: PlacedFile): Finding[] {
  try {
    if (isFitting(file)) return []
    const text = `${file.path}: something else is there`
    return [failure(subject, 'config_invalid', text, 'move it away, or choose another path')]
  } catch {
    // The directory has been reported already.
    return []
  }
}

/** The error code of a directory that cannot be checked; undefined if it can. */
function statOf(directory: string): string | undefined {
  try {
    return statSync(directory).isDirectory() ? undefined : 'ENOTDIR'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** `directory` is that of the file, or the one in which it is to be made. */
function directoryFindings(subject: string, file: PlacedFile, directory: string): Finding[] {
  const { path } = file
  const unsafe = attempt(subject, () => {
    if (directory === dirname(path)) requireDirectoryOf(file)
    else requireSafeDirectory(directory)
  })
  if (unsafe.length > 0) return unsafe
  try {
    if (statOf(directory) === 'ENOTDIR') throw Object.assign(new Error(), { code: 'ENOTDIR' })
    accessSync(directory, constants.W_OK | constants.X_OK)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const us = userNameOf(process.geteuid?.() ?? 0)
    const text = `${path}: the user "${us}" may not write the directory "${directory}": ${withErrnoWords(code)}`
    const own =
      directory === '/run'
        ? 'set XDG_RUNTIME_DIR to a directory of that user, as a login does, but not su or cron'
        : 'give the directory to that user'
    const hint = `${own}, or choose another path; the check is about the user who runs it`
    return [failure(subject, 'config_invalid', text, hint)]
  }
}

function keyFindings({ store: { key } }: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  switch (key?.from) {
    case undefined:
      return []
    case 'file':
      return isMissing(key.path)
        ? madePlace('key', { path: key.path, kind: 'storeKey' })
        : attempt('key', () => requireFile(secretFile(key, storeKey)))
    case 'credential': {
      if (credentialsDirectory(env) !== undefined) {
        return attempt('key', () => requireFile(secretFile(key, { ...storeKey, env })))
      }
      const text = `the credential "${key.name}" is there under systemd only, and was not checked`
      return [warning('key', text, 'run doctor while the service is running')]
    }
    case 'keyring':
    case 'command':
      return []
  }
}

/** False if nobody can tell: what is tried next says why. */
function isMissing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

/** The finding for an error that `work` throws; system errors are named by their code. */
function attempt(subject: string, work: () => unknown): Finding[] {
  try {
    work()
    return []
  } catch (error) {
    if (isCmsOauthError(error)) return [errorFinding(subject, error)]
    const { code, path } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const text = `"${path}" cannot be checked: ${withErrnoWords(code)}`
    return [
      failure(subject, 'config_invalid', text, 'check the directories above it and their modes'),
    ]
  }
}
