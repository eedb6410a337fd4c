/**
 * Which account an outbox sends with by an API. One token of Google's carries all that was granted, so that
 * an account there is for an outbox or for programs. One of Microsoft's is for one resource: an account of
 * its own, with the same sign-in, gets those of Graph, and the programs' tokens stay what they are.
 */
import type { Configuration } from '../configuration/configuration.ts'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { outboxResource } from '../configuration/resources.ts'
import { accountBeside } from './resource-accounts.ts'

type Parts = Pick<Configuration, 'accounts' | 'sockets' | 'tokenFiles' | 'bridges' | 'outboxes'>

/** True for an account that something else than an API sends or reads with. */
export function isUsedForMail(
  user: string,
  { accounts, sockets, tokenFiles, bridges, outboxes }: Parts,
): boolean {
  return (
    sockets.some((socket) => socket.accounts?.includes(user)) ||
    tokenFiles.some((file) => file.account === user) ||
    bridges.some((bridge) => bridge.accounts.some((each) => each.user === user)) ||
    outboxes.some((outbox) => outbox.account === user && outbox.route.via === 'smtp') ||
    accounts.some(({ resource }) => resource?.user === user && resource.name !== outboxResource)
  )
}

/** Adds an account for each that an outbox sends with by Graph and programs use too. */
export function withSenders<T extends Parts>(parts: T): T {
  const senders = new Map(
    parts.outboxes
      .filter(({ account, route }) => route.via === 'graph' && isUsedForMail(account, parts))
      .flatMap(({ account: user }) => parts.accounts.filter((account) => account.user === user))
      .filter(({ provider, resource }) => provider === 'office365' && resource === undefined)
      .map((account) => [account.user, accountBeside(account, outboxResource)]),
  )
  if (senders.size === 0) return parts
  const withTokens = (outbox: OutboxConfiguration): OutboxConfiguration => {
    const sender = outbox.route.via === 'graph' ? senders.get(outbox.account) : undefined
    return sender === undefined ? outbox : { ...outbox, tokensOf: sender.user }
  }
  return {
    ...parts,
    accounts: [...parts.accounts, ...senders.values()],
    outboxes: parts.outboxes.map(withTokens),
  }
}
