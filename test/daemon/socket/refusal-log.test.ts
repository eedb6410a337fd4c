import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusalLog } from '../../../src/daemon/socket/refusal-log.ts'
import {
  AccountUnknownError,
  ProviderUnavailableError,
  RequestInvalidError,
  SignInRequiredError,
} from '../../../src/errors.ts'
import { ListLog } from './token-socket.ts'

const error = new RequestInvalidError('bad')

test('the first refusals of a minute have a line each, then they are only counted', () => {
  const log = new ListLog()
  const refusals = new RefusalLog(log, '/cms.sock')
  for (let i = 0; i < 100_000; i++) refusals.add(error, { uid: 7 }, 1_000 + i / 10)
  assert.equal(refusals.sweep(60_999), true)
  assert.equal(refusals.sweep(61_001), false)
  const [first] = log.lines
  assert.deepEqual(first?.fields, {
    uid: 7,
    path: '/cms.sock',
    code: 'request_invalid',
    message: 'bad',
  })
  assert.equal(log.lines.filter(({ event }) => event === 'token.refused').length, 10)
  assert.deepEqual(log.lines.at(-1), {
    level: 'warn',
    event: 'token.refused_more',
    fields: { path: '/cms.sock', count: 99_990 },
  })
})

test('a minute later lines are written again, and the rest is told before them', () => {
  const log = new ListLog()
  const refusals = new RefusalLog(log, '/cms.sock')
  for (let i = 0; i < 11; i++) refusals.add(error, {}, 0)
  refusals.add(error, {}, 60_000)
  refusals.sweep(120_000)
  assert.deepEqual(
    log.lines.slice(10).map(({ event, fields }) => [event, fields.count]),
    [
      ['token.refused_more', 1],
      ['token.refused', undefined],
    ],
  )
})

test('every account has the first line of each code in a minute, whatever another client does', () => {
  const log = new ListLog()
  const refusals = new RefusalLog(log, '/cms.sock')
  for (let i = 0; i < 10_000; i++) {
    refusals.add(new AccountUnknownError('no'), { user: `invented${i}@x`, uid: 7 }, 0)
    refusals.add(new SignInRequiredError('ended'), { user: 'noisy@x', uid: 7 }, 0)
  }
  for (const second of [0, 1, 59]) {
    for (const user of ['a@x', 'b@x']) {
      refusals.add(new SignInRequiredError('ended'), { user }, second * 1_000)
      refusals.add(new ProviderUnavailableError('away'), { user }, second * 1_000)
    }
  }
  refusals.add(new SignInRequiredError('ended'), { user: 'a@x' }, 60_000)
  const told = log.lines.filter(({ event }) => event === 'token.refused').slice(-5)
  assert.deepEqual(
    told.map(({ fields: { user, code } }) => [user, code]),
    [
      ['a@x', 'sign_in_required'],
      ['a@x', 'provider_unavailable'],
      ['b@x', 'sign_in_required'],
      ['b@x', 'provider_unavailable'],
      ['a@x', 'sign_in_required'],
    ],
  )
  assert.equal(log.lines.filter(({ event }) => event === 'token.refused').length, 16)
})
