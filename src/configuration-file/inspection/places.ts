/**
 * Checks that the user of this process can create sockets, token files and records where they are
 * configured.
 */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { AccessRule } from '../../configuration/access-rule.ts'
import { bridgeAccess } from '../../configuration/bridge-access.ts'
import { outboxAccess } from '../../configuration/outbox-access.ts'
import type { LocalListener } from '../../configuration/local-listener.ts'
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
import { requireFile } from '../../files/read-file.ts'
import { findOwnership, keepId } from '../../kernel/ownership.ts'
import { userNameOf } from '../../kernel/user-database.ts'
import { credentialsDirectory, secretFile } from '../../secrets/read-secret.ts'
import { storeKey } from '../../secrets/store-key.ts'
import { attempt } from './attempt.ts'
import { inExistingDirectory, inMadeDirectory } from './file-places.ts'

/** Checks everything that the daemon creates, and its owners and groups. */
export function placeFindings(configuration: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  const { sockets, bridges, outboxes, control, tokenFiles, metrics, store } = configuration
  return [
    ...sockets.flatMap(socketFindings),
    ...bridges.flatMap(bridgeFindings),
    ...outboxes.flatMap(outboxFindings),
    ...inMadeDirectory(controlSocketSubject, { path: control.path, kind: 'socket' }),
    ...tokenFiles.flatMap((file) => [
      ...whose('token file', file),
      ...inExistingDirectory('token file', { path: file.path, kind: 'tokenFile' }),
    ]),
    ...(metrics.textfile === undefined
      ? []
      : inExistingDirectory('metrics file', { path: metrics.textfile, kind: 'metricsFile' })),
    ...inMadeDirectory('store', {
      path: join(store.stateDirectory, 'daemon.lock'),
      kind: 'storeLock',
    }),
    ...keyFindings(configuration, env),
  ]
}

function socketFindings(socket: SocketConfiguration): Finding[] {
  const { path, allow, name } = socket
  const place = name === undefined ? inMadeDirectory('socket', { path, kind: 'socket' }) : []
  return [...whose('socket', socket), ...attempt('socket', () => new AccessRule(allow)), ...place]
}

function bridgeFindings(bridge: BridgeConfiguration): Finding[] {
  return [
    ...attempt('bridge', () => bridgeAccess(bridge)),
    ...listenerFindings('bridge', bridge),
    ...pathsOf(bridge).flatMap((path) => whose('bridge', { ...bridge, path })),
  ]
}

function outboxFindings(outbox: OutboxConfiguration): Finding[] {
  const { path, spool, listener } = outbox
  return [
    ...whose('outbox', outbox),
    ...attempt('outbox', () => outboxAccess(outbox)),
    ...inMadeDirectory('outbox', { path, kind: 'socket' }),
    ...inMadeDirectory('outbox', { path: join(spool, 'sender.lock'), kind: 'storeLock' }),
    ...(listener === undefined ? [] : listenerFindings('outbox', listener)),
  ]
}

function listenerFindings(subject: string, listener: LocalListener & { name?: string }): Finding[] {
  const obstacle = peersObstacle(listener)
  return [
    ...(obstacle === undefined ? [] : [errorFinding(subject, obstacle)]),
    ...pathsOf(listener).flatMap((path) => inMadeDirectory(subject, { path, kind: 'socket' })),
  ]
}

function pathsOf({ listen }: LocalListener): string[] {
  return listen.flatMap((address) => ('path' in address ? [address.path] : []))
}

/** Finds unknown names, and groups that this user is not in. */
function whose(subject: string, file: { path: string; owner?: string; group?: string }): Finding[] {
  const { path, owner, group } = file
  let ownership: ReturnType<typeof findOwnership>
  const unknown = attempt(subject, () => {
    ownership = findOwnership(file)
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

function keyFindings({ store: { key } }: Configuration, env: NodeJS.ProcessEnv): Finding[] {
  switch (key?.from) {
    case undefined:
      return []
    case 'file':
      return isMissing(key.path)
        ? inMadeDirectory('key', { path: key.path, kind: 'storeKey' })
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
