/**
 * Which right a request lacked. The engine does not say it: it is asked for each right alone, in the branch of
 * a transaction that is never done, whose rights it checks all the same (apply_auth.go, checkTxnAuth).
 */
import { runningMs } from '../schedule/clock.ts'
import { listOf, openFields, optional, type Shape, text } from '../shapes/shape.ts'
import { EtcdRefusedError } from './etcd-error.ts'
import type { Call, CallLimits } from './gateway.ts'
import type { WireAnswer } from './gateway-answer.ts'
import { base64, endOfPrefix } from './key-value.ts'
import type { Transaction } from './transaction.ts'
import { permissionTrouble, type Right } from './permission-trouble.ts'

/** What a request does with a key, or with all that begin with it. */
export interface Access {
  does: 'read' | 'write'
  key: string
  isPrefix?: boolean
}

/** Who asks, and how. */
export interface RightOptions {
  gateway: { call<T extends object>(call: Call<T>, limits?: CallLimits): Promise<T & WireAnswer> }
  user: string | undefined
  rightOf: ((key: string) => Right) | undefined
}

const done: Shape<object> = openFields<object>({})
const userShape: Shape<{ roles?: string[] }> = openFields<{ roles?: string[] }>({
  roles: optional(listOf(text)),
})
/** All questions together. */
const limitMs = 4_000

/** What a transaction reads and writes. */
export function accessesOf({ compare, success, failure = [] }: Transaction): Access[] {
  return [
    ...compare.map(({ key }): Access => ({ does: 'read', key })),
    ...[...success, ...failure].map((operation): Access => {
      if ('get' in operation) return { does: 'read', key: operation.get }
      return { does: 'write', key: 'put' in operation ? operation.put : operation.delete }
    }),
  ]
}

/** An error of a missing right with that right in it; any other, and where it cannot be found, as it is. */
export async function withMissingRight(
  error: unknown,
  accesses: readonly Access[],
  { gateway, user, rightOf }: RightOptions,
): Promise<unknown> {
  const isRight = error instanceof EtcdRefusedError && error.trouble === 'permission'
  if (!isRight || user === undefined || rightOf === undefined) return error
  const endsAtMs = runningMs() + limitMs
  const limits = () => ({ limitMs: Math.max(endsAtMs - runningMs(), 1) })
  try {
    const missing = await firstRefused(accesses, (access) => gateway.call(probe(access), limits()))
    if (missing === undefined) return error
    const call = { path: '/v3/auth/user/get', body: { name: user }, shape: userShape }
    const { roles = [] } = await gateway.call({ ...call, isRepeatable: true }, limits())
    const right = rightOf(missing.key)
    const trouble = permissionTrouble({ user, roles, does: missing.does, right })
    return new EtcdRefusedError(error.endpoint, trouble, error)
  } catch {
    return error
  }
}

async function firstRefused(
  accesses: readonly Access[],
  ask: (access: Access) => Promise<unknown>,
): Promise<Access | undefined> {
  for (const access of accesses) {
    try {
      await ask(access)
    } catch (error) {
      if (error instanceof EtcdRefusedError && error.trouble === 'permission') return access
      throw error
    }
  }
  return undefined
}

function probe({ does, key, isPrefix = false }: Access): Call<object> {
  const end = isPrefix ? { range_end: base64(endOfPrefix(key)) } : {}
  const operation =
    does === 'read'
      ? { request_range: { key: base64(key), ...end } }
      : { request_put: { key: base64(key), ignore_value: true, ignore_lease: true } }
  const body = { compare: [], success: [], failure: [operation] }
  return { path: '/v3/kv/txn', body, shape: done, isRepeatable: true }
}
