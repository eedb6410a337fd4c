import { outboxAccess } from '../configuration/outbox-access.ts'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
import { isCmsOauthError } from '../errors.ts'
import { userNameOf } from '../kernel/user-database.ts'
import type { OutboxCheck, OutboxProblem, SpoolCheck } from '../messages/outbox-api.ts'
import { readMachine } from './machine.ts'
import type { Queue } from './queue/queue.ts'
import type { Spool } from './spool/spool.ts'
import { findStrays } from './spool/strays.ts'
import { Aliases } from './submission/aliases.ts'

interface Checked {
  configuration: OutboxConfiguration
  queue: Queue
  spool: Spool
}

/** What an outbox finds out about itself by trying: whether mail of this machine gets through. */
export function selfCheck({ configuration, queue, spool }: Checked): OutboxCheck {
  const { name, account, allow } = configuration
  const { users, groups } = allow ?? { users: [userNameOf(process.geteuid?.() ?? 0)], groups: [] }
  const access = outboxAccess(configuration)
  return {
    name,
    account,
    users,
    groups,
    admits_root: access.admits({ uid: 0, gid: 0 }),
    ...rootMail(configuration),
    spool: spoolCheck(configuration, queue, spool),
  }
}

function rootMail({ rules }: OutboxConfiguration): Pick<OutboxCheck, 'root' | 'root_problem'> {
  const aliases = new Aliases(rules, readMachine())
  let root: string[] = []
  const problem = problemOf(() => {
    root = aliases.resolve('root')
    for (const address of root) aliases.assertAllowed(address)
  })
  return { root, root_problem: problem }
}

function spoolCheck({ quota }: OutboxConfiguration, queue: Queue, spool: Spool): SpoolCheck {
  const entries = [...queue.all()]
  const owners = new Map(entries.map(({ uid, login }) => [`${uid} ${login}`, { uid, login }]))
  const shares = Array.from(owners.values(), (owner) => {
    const { messages, bytes } = queue.usedBy(owner)
    return { login: owner.login, share: Math.max(messages / quota.messages, bytes / quota.bytes) }
  })
  const [fullest = null] = shares.toSorted((a, b) => b.share - a.share)
  const waiting = entries.filter(({ state }) => state === 'waiting').length
  return {
    path: spool.path,
    waiting,
    failed: entries.length - waiting,
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    free_bytes: spool.freeBytes(),
    problem: problemOf(() => spool.tryWriting()) ?? strayProblem(queue, spool),
    fullest,
  }
}

function strayProblem(queue: Queue, spool: Spool): OutboxProblem | null {
  const [first, ...more] = findStrays(spool.path, (id) => queue.find(id) !== undefined)
  if (first === undefined) return null
  const others = more.length === 0 ? '' : `, and ${more.length} more`
  return { message: `"${first.path}" is not sent: ${first.reason}${others}`, hint: first.hint }
}

function problemOf(attempt: () => void): OutboxProblem | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    const { message, hint } = error
    return { message, hint }
  }
}
