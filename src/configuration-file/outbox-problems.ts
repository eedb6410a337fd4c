import { isAddress, takesMail } from '../configuration/address.ts'
import type { DeliveryWay } from '../configuration/outbox-configuration.ts'
import type { KeyPath } from './key-lines.ts'

interface KeyProblem {
  path: KeyPath
  what: string
}

type Aliases = Readonly<Record<string, readonly string[]>>

/** The keys of an [[outbox]] that must fit each other. */
interface OutboxKeys {
  via?: DeliveryWay | undefined
  host?: string | undefined
  api?: string | undefined
  from: 'rewrite' | 'keep-allowed'
  from_allowed: readonly string[]
  aliases: Aliases
}

/** What of one [[outbox]] contradicts itself. */
export function outboxProblems(outbox: OutboxKeys): KeyProblem[] {
  return [...wayProblems(outbox), ...fromProblems(outbox), ...aliasProblems(outbox)]
}

function wayProblems({ via, host, api }: OutboxKeys): KeyProblem[] {
  const problems: KeyProblem[] = []
  if (host !== undefined && via !== undefined && via !== 'smtp') {
    problems.push({ path: ['host'], what: `cannot be combined with via = "${via}"` })
  }
  if (api !== undefined && via === 'smtp') {
    problems.push({ path: ['api'], what: 'cannot be combined with via = "smtp": use "host"' })
  }
  if (api !== undefined && host !== undefined && via === undefined) {
    problems.push({ path: ['api'], what: 'cannot be combined with "host"' })
  }
  return problems
}

function fromProblems({ from, from_allowed: allowed }: OutboxKeys): KeyProblem[] {
  if (from === 'rewrite' && allowed.length > 0) {
    return [{ path: ['from_allowed'], what: 'requires from = "keep-allowed"' }]
  }
  if (from === 'keep-allowed' && allowed.length === 0) {
    return [{ path: ['from'], what: '"keep-allowed" requires from_allowed' }]
  }
  return []
}

function aliasProblems({ aliases }: OutboxKeys): KeyProblem[] {
  const unusable = Object.entries(aliases).flatMap(([name, targets]) =>
    targets.flatMap((target) => targetProblem(['aliases', name], target, aliases)),
  )
  return unusable.length > 0 ? unusable : circles(aliases)
}

function targetProblem(path: KeyPath, target: string, aliases: Aliases): KeyProblem[] {
  if (takesMail(target)) return []
  if (isAddress(target)) return [{ path, what: `has "${target}", which is not an address` }]
  if (/^["\s]*[|/]/.test(target) || target.startsWith(':include:')) {
    const what = 'must be an address or another alias: no program is run, and no file is written'
    return [{ path, what }]
  }
  if (findTargets(aliases, target) !== undefined) return []
  return [{ path, what: `leads to "${target}", which is not an address and not an alias` }]
}

/** Each name from which an alias leads back to itself. */
function circles(aliases: Aliases): KeyProblem[] {
  return Object.keys(aliases).flatMap((name) => {
    const reached = new Set(findTargets(aliases, name))
    for (const target of reached) {
      for (const next of findTargets(aliases, target) ?? []) reached.add(next)
    }
    const isCircle = [...reached].some((target) => keyOf(aliases, target) === name)
    return isCircle ? [{ path: ['aliases', name], what: 'leads back to itself' }] : []
  })
}

/**
 * The addresses that mail for a name without a domain goes to; empty where no alias is for it. Of
 * aliases without circles.
 */
export function addressesOf(aliases: Aliases, name: string): string[] {
  const targets = (findTargets(aliases, name) ?? []).flatMap((target) =>
    isAddress(target) ? [target] : addressesOf(aliases, target),
  )
  return [...new Set(targets)]
}

function findTargets(aliases: Aliases, name: string): readonly string[] | undefined {
  if (isAddress(name)) return undefined
  const key = keyOf(aliases, name)
  return key === undefined ? undefined : aliases[key]
}

/** The alias that a name has; names are the same in any case of letters. */
function keyOf(aliases: Aliases, name: string): string | undefined {
  if (isAddress(name)) return undefined
  const lower = name.toLowerCase()
  const own = Object.keys(aliases).find((key) => key.toLowerCase() === lower)
  return own ?? (Object.hasOwn(aliases, '*') ? '*' : undefined)
}
