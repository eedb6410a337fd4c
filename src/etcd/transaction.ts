/** A transaction: all of it is done or nothing, under conditions (etcd's Txn). */
import { flag, listOf, openFields, optional, type Shape } from '../shapes/shape.ts'
import { type CountedAnswer, countedHeader } from './gateway-answer.ts'
import {
  base64,
  count,
  type KeyValue,
  keyValueOf,
  keyValueShape,
  type WireKeyValue,
} from './key-value.ts'

/** A condition. */
export type Compare =
  | { key: string; target: 'mod' | 'create' | 'lease'; is: Comparison; revision: string }
  | { key: string; target: 'version'; is: Comparison; version: string }

/** How the engine's value must be to the one given. */
export type Comparison = 'equal' | 'not_equal' | 'greater' | 'less'

/** What a transaction does; one key must not be written twice. */
export type Operation =
  { put: string; value: Buffer; lease?: string } | { delete: string } | { get: string }

/** What came of an operation. */
export interface OperationResult {
  /** Of `get`: absent where there is no such key. */
  kv?: KeyValue
  /** How many keys `delete` found. */
  deleted: number
}

/** What is asked of the engine. */
export interface Transaction {
  /** All must hold; none: `success` is done. */
  compare: readonly Compare[]
  success: readonly Operation[]
  /** Done where one of them does not hold. */
  failure?: readonly Operation[]
}

/** What came of it. */
export interface TransactionResult {
  /** Which of the two branches was done. */
  succeeded: boolean
  /** One for each operation of that branch. */
  responses: OperationResult[]
  /** Of the engine, after it. */
  revision: string
}

/** Holds where there is no such key. */
export function isAbsent(key: string): Compare {
  return { key, target: 'create', is: 'equal', revision: '0' }
}

/** Holds where the key was last written by this revision; '0': where it is absent. */
export function wasWrittenBy(key: string, modRevision: string): Compare {
  return { key, target: 'mod', is: 'equal', revision: modRevision }
}

/** True for one that may be sent twice. */
export function onlyReads({ success, failure = [] }: Transaction): boolean {
  return [...success, ...failure].every((operation) => 'get' in operation)
}

/** A transaction as the gateway takes it. */
export function transactionToWire({ compare, success, failure = [] }: Transaction): object {
  return {
    compare: compare.map(compareToWire),
    success: success.map(operationToWire),
    failure: failure.map(operationToWire),
  }
}

function compareToWire(compare: Compare): object {
  const { key, target, is } = compare
  const name = target === 'mod' || target === 'create' ? `${target}_revision` : target
  const value = compare.target === 'version' ? compare.version : compare.revision
  return { key: base64(key), target: target.toUpperCase(), result: is.toUpperCase(), [name]: value }
}

function operationToWire(operation: Operation): object {
  if ('get' in operation) return { request_range: { key: base64(operation.get) } }
  if ('delete' in operation) return { request_delete_range: { key: base64(operation.delete) } }
  const { put, value, lease } = operation
  const request = { key: base64(put), value: base64(value), ...(lease !== undefined && { lease }) }
  return { request_put: request }
}

/** A result as the gateway writes it. */
export interface WireTransactionResult extends CountedAnswer {
  succeeded?: boolean
  responses?: WireResponse[]
}

interface WireResponse {
  response_range?: { kvs?: WireKeyValue[] }
  response_delete_range?: { deleted?: string }
  response_put?: object
}

const resultShape: Shape<WireTransactionResult> = openFields<WireTransactionResult>({
  header: countedHeader,
  succeeded: optional(flag),
  responses: optional(
    listOf(
      openFields<WireResponse>({
        response_range: optional(
          openFields<{ kvs?: WireKeyValue[] }>({ kvs: optional(listOf(keyValueShape)) }),
        ),
        response_delete_range: optional(
          openFields<{ deleted?: string }>({ deleted: optional(count) }),
        ),
        response_put: optional(openFields<object>({})),
      }),
    ),
  ),
})

/**
 * The form of a result of this transaction: an answer for each operation of the branch that was done, about
 * its key. One that is left out must not be taken for a key that is not there.
 */
export function shapeOfResult(transaction: Transaction): Shape<WireTransactionResult> {
  const { compare, success, failure = [] } = transaction
  return (value) => {
    const place = resultShape(value)
    if (place !== undefined) return place
    const { succeeded = false, responses = [] } = value as WireTransactionResult
    if (!succeeded && compare.length === 0) return '.succeeded'
    const done = succeeded ? success : failure
    if (responses.length !== done.length) return '.responses'
    const odd = responses.findIndex((response, index) => !isAbout(response, done[index]))
    return odd === -1 ? undefined : `.responses[${odd}]`
  }
}

function isAbout(response: WireResponse, operation: Operation | undefined): boolean {
  if (operation === undefined) return false
  if ('delete' in operation) return response.response_delete_range !== undefined
  if ('put' in operation) return response.response_put !== undefined
  const { response_range: range } = response
  const [kv, ...others] = range?.kvs ?? []
  const isOfKey = kv === undefined || kv.key === base64(operation.get)
  return range !== undefined && others.length === 0 && isOfKey
}

/** The same without absent fields. */
export function transactionResultOf(wire: WireTransactionResult): TransactionResult {
  return {
    succeeded: wire.succeeded ?? false,
    responses: (wire.responses ?? []).map((response) => {
      const [kv] = response.response_range?.kvs ?? []
      const deleted = Number(response.response_delete_range?.deleted ?? 0)
      return kv === undefined ? { deleted } : { kv: keyValueOf(kv), deleted }
    }),
    revision: wire.header.revision,
  }
}
