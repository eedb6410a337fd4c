import assert from 'node:assert/strict'
import { EtcdError } from '../../src/etcd/etcd-error.ts'

/** What the engine refuses with. */
export async function failureOf(asked: Promise<unknown>): Promise<EtcdError> {
  const error = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(error instanceof EtcdError, String(error))
  return error
}
