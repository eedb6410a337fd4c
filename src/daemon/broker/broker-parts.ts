import type { Configuration } from '../../configuration/configuration.ts'
import type { Logger } from '../../logging/logger.ts'
import type { BrokerEvent } from '../../messages/control-api.ts'
import type { GrantStage } from '../../messages/renewer-jobs.ts'
import { type Clock, createSystemClock } from '../../schedule/clock.ts'
import { isServing } from '../fleet/require-renew-role.ts'
import type { SeenGrants } from '../fleet/seen-grants.ts'
import type { OpenSeenGrants } from '../fleet/open-seen-grants.ts'
import { noteSeen, withSeen } from '../fleet/with-seen-grants.ts'
import { GrantHolders } from '../grants/grant-holders.ts'
import { Grants } from '../grants/grants.ts'
import { OpenSignIns } from '../grants/open-sign-ins.ts'
import { RenewerNews } from '../grants/renewer-news.ts'
import { SignInRequests } from '../grants/sign-in-requests.ts'
import { StoredSignIns } from '../grants/stored-sign-ins.ts'
import { Notices } from '../notices/notices.ts'
import type { Notice } from '../notices/notifier.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { Invitations } from '../sign-in/invitations.ts'
import { TokenFiles } from '../token-file/token-files.ts'
import type { Counters } from '../metrics/counters.ts'
import { RefreshQueue } from '../tokens/refresh-queue.ts'
import { RefusedTokens } from '../tokens/refused-tokens.ts'
import { TokenKeeper } from '../tokens/token-keeper.ts'
import type { Later } from '../tokens/token-state.ts'
import { EventHub } from './event-hub.ts'
import { InForce } from './in-force.ts'
import { TokenEvents } from './token-events.ts'
import { TokenFileEvents } from './token-file-events.ts'

/** What the parts are made of. */
export interface PartsOptions {
  configuration: Configuration
  renewer: RenewerHandle
  counters: Pick<Counters, 'countTokenEvent'>
  log: Logger
  /** Absent: no other host writes the store. */
  openSeenGrants?: OpenSeenGrants | undefined
}

/** What tells of accounts: subscribers of the control socket, people, and the log. */
interface Tellers {
  hub: EventHub
  notices: Notices
  events: TokenEvents
  fileEvents: TokenFileEvents
}

/** What a broker consists of. */
export interface BrokerParts extends Tellers {
  inForce: InForce
  stored: StoredSignIns
  /** Undefined: hosts do not share the store, or this one only serves. */
  seen: SeenGrants | undefined
  keeper: TokenKeeper
  refused: RefusedTokens
  files: TokenFiles
  signIns: OpenSignIns
  grants: Grants
  invitations: Invitations
  requests: SignInRequests
  renewerNews: RenewerNews
}

/**
 * Makes them and connects them. Each is given those before it; only what the keeper and the files report
 * goes to the tellers, which are made last because they know all of them.
 * @throws ConfigInvalidError where a token file can never have its owner
 */
export function createParts(options: PartsOptions): BrokerParts {
  const { configuration, renewer, counters, log, openSeenGrants } = options
  const inForce = new InForce(configuration)
  const clock = createSystemClock()
  const stored = new StoredSignIns(() => inForce.accounts.all())
  const files = new TokenFiles({
    clock,
    random: Math.random,
    onEvent: (file, event) => tellers.fileEvents.handle(file, event),
  })
  files.requireOwnership(configuration.tokenFiles)
  const seen = openSeenGrants?.(configuration.store, inForce.accounts.all(), log)
  const told = {
    note: (owner: string, stage: GrantStage) => {
      seen?.note(owner, stage)
      renewer.noteSeen(owner, stage)
    },
  }
  const canRefresh = !isServing(configuration.store)
  const keeper = new TokenKeeper({
    refresh: canRefresh
      ? (account, held) => renewer.run('refresh', { account, ...withSeen(account, held, seen) })
      : () => Promise.resolve({ later: servedElsewhere(clock) }),
    clock,
    random: Math.random,
    queue: new RefreshQueue(),
    policy: () => inForce.configuration.refresh,
    onEvent: (token, event) => {
      counters.countTokenEvent(token.account.user, event)
      if (isNewToken(event.event)) noteSeen(token, told)
      tellers.events.handle(token, event)
      files.follow(token, isNewToken(event.event))
    },
    onLook: (token) => tellers.events.look(token),
  })
  const refused = new RefusedTokens({ keeper, clock, log, canRefresh })
  const holders = new GrantHolders(keeper, log, stored)
  const signIns = new OpenSignIns({ renewer, log, listen: () => inForce.configuration.signIn })
  const grants = new Grants({ keeper, holders, signIns, renewer, log, stored })
  const invitations = new Invitations({ findAccount: (user) => inForce.accounts.find(user) })
  const requests = new SignInRequests({ grants, invitations })
  const signing = { signIns, grants, invitations, requests }
  const own = { inForce, stored, seen, keeper, refused, files, ...signing }
  const tellers: Tellers = createTellers(own, clock, log)
  for (const account of inForce.accounts.all()) keeper.add(account)
  return { ...own, ...tellers, renewerNews: new RenewerNews({ keeper, holders, log }) }
}

/** A host without refresh tokens looks again when the next one may have come. */
function servedElsewhere(clock: Clock): Later {
  return { reason: 'served', host: '', atMs: clock.wallMs() + servedWaitMs }
}

function isNewToken(event: string): boolean {
  return event === 'token.refreshed' || event === 'token.adopted'
}

const servedWaitMs = 30_000

type Known = Pick<BrokerParts, 'inForce' | 'keeper' | 'invitations' | 'requests'>

function createTellers(
  { inForce, keeper, invitations, requests }: Known,
  clock: Clock,
  log: Logger,
): Tellers {
  const hub = new EventHub()
  const notices = new Notices({
    log,
    command: () => inForce.configuration.notify?.command ?? [],
    openPage: (user) => requests.openPage(user),
    withdrawPage: (user) => invitations.withdraw(user),
  })
  const outlets = {
    log,
    publish: (event: Omit<BrokerEvent, 'time'>) => hub.publish(event),
    notify: (notice: Notice) => notices.notify(notice),
  }
  const events = new TokenEvents({
    ...outlets,
    clock,
    onAccess: (user) => notices.withdraw(user),
    sharersOf: (owner) =>
      inForce.accounts.sharersOf(owner).flatMap((user) => keeper.find(user) ?? []),
  })
  return { hub, notices, events, fileEvents: new TokenFileEvents(outlets) }
}
