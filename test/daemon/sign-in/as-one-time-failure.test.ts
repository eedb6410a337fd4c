import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asOneTimeFailure } from '../../../src/daemon/sign-in/as-one-time-failure.ts'
import { ProviderUnavailableError, StoreLockedError } from '../../../src/errors.ts'

for (const [hint, expected] of [
  ['check the network; it is tried again automatically', 'check the network; then run "it" again'],
  ['check the nodes; this is tried again automatically', 'check the nodes; then run "it" again'],
  ['it is tried again automatically', 'run "it" again'],
  ['wait until it is done, and run it again', 'wait until it is done, and run it again'],
] as const) {
  test(`what a person asked for is nobody else's to try again: ${hint}`, () => {
    const error = new StoreLockedError('etcd is away', { hint, actor: 'you' })
    const { code, message, hint: told, actor } = asOneTimeFailure(error, 'it')
    assert.deepEqual([code, message, told, actor], ['store_locked', error.message, expected, 'you'])
  })
}

for (const [hint, expected] of [
  [
    'the name is not known: check the network; it is tried again automatically',
    'the name is not known: check the network; then run "it" again',
  ],
  ['this is temporary; it is tried again automatically', 'run "it" again in a minute'],
  ['this is usually temporary; it is tried again automatically', 'run "it" again in a minute'],
  ['wait ten minutes, then run "it"; or ask', 'wait ten minutes, then run "it"; or ask'],
  ['', 'run "it" again in a minute'],
] as const) {
  test(`what is to be done before a person tries again at a provider stays: ${hint}`, () => {
    const error = new ProviderUnavailableError('away', { hint, actor: 'administrator' })
    const { code, hint: told, actor } = asOneTimeFailure(error, 'it')
    assert.deepEqual([code, told, actor], ['provider_unavailable', expected, 'administrator'])
  })
}
