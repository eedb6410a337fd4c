import { join } from 'node:path'
import { serversOf } from '../accounts/service-of.ts'
import type { AccountConfiguration } from '../configuration/configuration.ts'
import type {
  DeliveryRoute,
  DeliveryWay,
  OutboxConfiguration,
  SubmissionRules,
} from '../configuration/outbox-configuration.ts'
import { apiOrigin, sendingApis } from '../provider-facts/sending/sending-api.ts'
import { spoolsDirectory } from '../spool/spool-folders.ts'
import { listenerOf } from './outbox-listener.ts'
import { addressesOf } from './outbox-problems.ts'
import type { GivenOutbox } from './outbox-schema.ts'

interface Surroundings {
  accounts: readonly AccountConfiguration[]
  /** Of the socket, where the outbox names none. */
  defaultPath: string
  stateDirectory: string
}

/** Most servers take as much; what one says at EHLO may be less. */
const smtpLargestBytes = 25 * 1_024 ** 2

/** The largest message that a route takes. */
export const largestBytes: Record<DeliveryWay, number> = {
  'gmail-api': sendingApis['gmail-api'].largestBytes,
  graph: sendingApis.graph.largestBytes,
  smtp: 150 * 1_024 ** 2,
}

const usualWays: Record<AccountConfiguration['provider'], DeliveryWay> = {
  gmail: 'gmail-api',
  office365: 'graph',
  oidc: 'smtp',
}

/** The outbox with what follows from its account; its server is empty where none is known. */
export function withRoute(given: GivenOutbox, surroundings: Surroundings): OutboxConfiguration {
  const { accounts, defaultPath, stateDirectory } = surroundings
  const { name, mode, owner, group, allow } = given
  const account = accounts.find(({ user }) => user === given.account)
  const route = routeOf(given, account)
  const listener = listenerOf(given)
  return {
    name,
    account: given.account,
    route,
    path: given.path ?? defaultPath,
    mode,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(allow === undefined ? {} : { allow }),
    ...(listener === undefined ? {} : { listener }),
    spool: join(spoolsDirectory(stateDirectory), name),
    rules: rulesOf(given, route),
    perHour: given.per_hour,
    digestAbove: given.digest_above,
    keepTryingMs: given.keep_trying,
    retryMs: given.retry,
    quota: { messages: given.quota_messages, bytes: given.quota_size },
  }
}

function routeOf(
  { via, host, api }: GivenOutbox,
  account: AccountConfiguration | undefined,
): DeliveryRoute {
  const way = via ?? (host === undefined ? usualWays[account?.provider ?? 'oidc'] : 'smtp')
  switch (way) {
    case 'gmail-api':
    case 'graph':
      return { via: way, origin: originOf(api) ?? apiOrigin(way, account?.cloud) }
    case 'smtp':
      return { via: way, server: host ?? (account && serversOf(account)?.SMTP) ?? '' }
  }
}

function originOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin
}

function rulesOf(given: GivenOutbox, { via }: DeliveryRoute): SubmissionRules {
  const { aliases, recipients, notice_to: noticeTo } = given
  return {
    from: given.account,
    fromAllowed: given.from_allowed,
    fromName: given.from_name,
    aliases,
    ...(recipients === undefined ? {} : { recipients }),
    localDomains: given.local_domains,
    maxSize: given.max_size ?? (via === 'smtp' ? smtpLargestBytes : largestBytes[via]),
    tooLarge: given.too_large,
    noticeTo: noticeTo === undefined ? addressesOf(aliases, 'root') : [noticeTo],
    encoding: via === 'smtp' ? 'smtp' : 'api',
  }
}
