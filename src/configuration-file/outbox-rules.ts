import { normalize } from 'node:path'
import type { Configuration } from '../configuration/configuration.ts'
import { type ListenAddress, writeListenAddress } from '../configuration/listen-address.ts'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { parseServer } from '../mail/mail-server.ts'
import { sendingApis } from '../provider-facts/sending/sending-api.ts'
import { addressesTaken } from './bridge-rules.ts'
import type { KeyPath } from './key-lines.ts'
import { largestBytes } from './outbox-routes.ts'
import type { Problem } from './problems.ts'
import { unknownAccount, usersOf } from './unknown-account.ts'

/** What of an outbox does not fit the rest of the configuration. */
export function unusableOutboxes(configuration: Configuration): Problem[] {
  const { outboxes, sockets, bridges, control } = configuration
  const names = new Set([...sockets, ...bridges].flatMap(({ name }) => name ?? []))
  const listened = bridges.flatMap(({ listen }) => listen)
  const named = [control.path, ...sockets.map(({ path }) => path)].map(normalize)
  const paths = new Set([...named, ...listened.map(writeListenAddress)])
  const addresses: ListenAddress[] = [
    ...listened,
    ...[...named, ...outboxes.map((outbox) => normalize(outbox.path))].map((path) => ({ path })),
  ]
  return outboxes.flatMap((outbox, index) => {
    const path = ['outbox', index]
    return [
      ...taken(paths, normalize(outbox.path), [...path, 'path']),
      ...taken(names, outbox.name, [...path, 'name']),
      ...addressesTaken(outbox.listener ?? { listen: [] }, path, addresses),
      ...accountProblems(outbox, path, configuration),
      ...serverProblems(outbox, path),
      ...sizeProblems(outbox, path),
    ]
  })
}

/** Adds it to what is taken. */
function taken(others: Set<string>, value: string, path: KeyPath): Problem[] {
  const key = path.at(-1)
  const hint = `give each [[outbox]], [[bridge]] and [[socket]] a ${key} of its own`
  if (others.has(value)) return [{ path, what: `"${value}" is listed twice`, hint }]
  others.add(value)
  return []
}

function accountProblems(
  { account: user, route: { via } }: OutboxConfiguration,
  path: KeyPath,
  { accounts, sockets, tokenFiles, bridges }: Configuration,
): Problem[] {
  const account = accounts.find((each) => each.user === user)
  if (account === undefined) {
    return [unknownAccount([...path, 'account'], user, usersOf(accounts))]
  }
  if (via === 'smtp') return []
  const { provider } = sendingApis[via]
  if (account.provider !== provider) {
    const what = `"${via}" requires an account with provider = "${provider}"`
    return [{ path: [...path, 'via'], what }]
  }
  const isServed =
    sockets.some((socket) => socket.accounts?.includes(user)) ||
    tokenFiles.some((file) => file.account === user) ||
    bridges.some((bridge) => bridge.accounts.some((each) => each.user === user))
  const sharer = accounts.find((each) => each.signInWith === user)
  if (!isServed && account.signInWith === undefined && sharer === undefined) return []
  const other = isServed
    ? 'a [[socket]], [[token_file]] or [[bridge]] serves too'
    : 'shares its sign-in with another account'
  const what = `names "${user}", which ${other}: by "${via}" it is asked only for the permission to send`
  const hint = 'use a mailbox of its own for notices, or via = "smtp", which needs the other scope'
  return [{ path: [...path, 'account'], what, hint }]
}

function serverProblems({ account, route }: OutboxConfiguration, path: KeyPath): Problem[] {
  if (route.via !== 'smtp') return []
  const at = [...path, 'host']
  if (route.server === '') {
    const what = `is missing: the SMTP server of "${account}" is not known`
    return [{ path: at, what, hint: 'name it, like host = "smtp.domain.com:587"' }]
  }
  try {
    parseServer(route.server, 'SMTP')
    return []
  } catch {
    return [{ path: at, what: 'must be HOST or HOST:PORT, like "smtp.domain.com:587"' }]
  }
}

function sizeProblems({ route: { via }, rules }: OutboxConfiguration, path: KeyPath): Problem[] {
  const most = largestBytes[via]
  if (rules.maxSize <= most) return []
  const what = `must be at most ${Math.floor(most / 1_024)}KiB: "${via}" does not accept more`
  return [{ path: [...path, 'max_size'], what }]
}
