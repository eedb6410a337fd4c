import { normalize } from 'node:path'
import type { AccountConfiguration, Configuration } from '../configuration/configuration.ts'
import { type ListenAddress, writeListenAddress } from '../configuration/listen-address.ts'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { parseServer } from '../mail/mail-server.ts'
import { sendingApis } from '../provider-facts/sending/sending-api.ts'
import { addressesTaken } from './bridge-rules.ts'
import type { KeyPath } from './key-lines.ts'
import { largestBytes } from './outbox-routes.ts'
import { isUsedForMail } from './outbox-senders.ts'
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
  configuration: Configuration,
): Problem[] {
  const { accounts } = configuration
  const known = usersOf(accounts)
  const account = accounts.find((each) => each.user === user)
  if (account === undefined || !known.has(user)) {
    return [unknownAccount([...path, 'account'], user, known)]
  }
  if (via === 'smtp') return []
  const { provider } = sendingApis[via]
  if (account.provider !== provider) {
    const what = `"${via}" requires an account with provider = "${provider}"`
    return [{ path: [...path, 'via'], what }]
  }
  const what = whyUnfit(account, configuration)
  if (what === undefined) return []
  const hint = 'use a mailbox of its own for notices, or via = "smtp", which needs the other scope'
  return [{ path: [...path, 'account'], what: `names "${user}", which ${what}`, hint }]
}

/** Why nothing is sent by an API with it. */
function whyUnfit(
  { user, provider, signInWith }: AccountConfiguration,
  configuration: Configuration,
): string | undefined {
  if (provider === 'office365') {
    if (signInWith === undefined) return undefined
    return `uses the sign-in of "${signInWith}": by "graph" that mailbox would send`
  }
  const only = 'by "gmail-api" it is asked only for the permission to send'
  if (isUsedForMail(user, configuration)) {
    return `a [[socket]], [[token_file]], [[bridge]] or an [[outbox]] by SMTP uses too: ${only}`
  }
  const isShared = configuration.accounts.some((each) => each.signInWith === user)
  if (signInWith === undefined && !isShared) return undefined
  return `shares its sign-in with another account: ${only}`
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
