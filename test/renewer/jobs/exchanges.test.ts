import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import {
  type ExchangeRequest,
  Exchanges,
  type OpenExchange,
} from '../../../src/renewer/jobs/exchanges.ts'

const owner = 'user@example.com'
const tooLate = new ProviderUnavailableError('too late')
const lost = new ProviderUnavailableError('lost', { isFateUnknown: true })

/** An exchange whose end a test decides. */
function prepare(changes: Partial<ExchangeRequest<string>> = {}) {
  const asked = new AbortController()
  const late: string[] = []
  const lostErrors: Error[] = []
  const began: OpenExchange[] = []
  let settle: { resolve: (text: string) => void; reject: (error: Error) => void } | undefined
  const request: ExchangeRequest<string> = {
    owner,
    key: 'refresh',
    asked: asked.signal,
    run: (exchange) => {
      began.push(exchange)
      return new Promise((resolve, reject) => {
        settle = { resolve, reject }
      })
    },
    onLate: (text) => late.push(text),
    onLost: (error) => lostErrors.push(error),
    ...changes,
  }
  return {
    request,
    late,
    lostErrors,
    began,
    tooLate: () => asked.abort(tooLate),
    answer: (text: string) => settle?.resolve(text),
    fail: (error: Error) => settle?.reject(error),
  }
}

async function signIn(exchanges: Exchanges): Promise<void> {
  const { request } = prepare({ key: 'code', patienceMs: 20 })
  const signedIn = exchanges.run({
    ...request,
    run: async (exchange) => {
      exchange.supersede()
      return 'signed in'
    },
  })
  assert.equal(await signedIn, 'signed in')
}

async function logOut(exchanges: Exchanges): Promise<void> {
  exchanges.supersede(owner)
}

/** Lets everything go on that waits for nothing but its turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('whoever asked', () => {
  test('has the answer that comes in time, and nobody has it late', async () => {
    const { request, late, answer } = prepare()
    const result = new Exchanges().run(request)
    await settled()
    answer('tokens')
    assert.equal(await result, 'tokens')
    assert.deepEqual(late, [])
  })

  test('is answered when it is too late, and the exchange whose request has left goes on', async () => {
    const { request, late, began, tooLate: end, answer } = prepare()
    const result = new Exchanges().run(request)
    await settled()
    assert.equal(began[0]?.maySend(), true)
    end()
    await assert.rejects(result, tooLate)
    assert.equal(began[0]?.signal.aborted, false)
    answer('tokens')
    await settled()
    assert.deepEqual(late, ['tokens'])
  })

  test('ends the exchange whose request has not left: nothing leaves any more', async () => {
    const { request, began, tooLate: end } = prepare()
    const result = new Exchanges().run(request)
    await settled()
    end()
    await assert.rejects(result, tooLate)
    assert.equal(began[0]?.signal.aborted, true)
    assert.equal(began[0]?.maySend(), false)
  })
})

test('what goes on already may ask for more, though nobody waits', async () => {
  const { request, began, tooLate: end, answer } = prepare()
  const result = new Exchanges().run(request)
  await settled()
  assert.equal(began[0]?.maySend(), true)
  end()
  await assert.rejects(result, tooLate)
  assert.equal(began[0]?.maySend(), true)
  answer('tokens')
})

describe('of an account', () => {
  test('the same exchange is joined, and answers all who still wait', async () => {
    const exchanges = new Exchanges()
    const [first, second] = [prepare(), prepare()]
    const results = [exchanges.run(first.request), exchanges.run(second.request)]
    await settled()
    first.tooLate()
    first.answer('tokens')
    await assert.rejects(results[0] ?? assert.fail(), tooLate)
    assert.equal(await results[1], 'tokens')
    assert.deepEqual([second.began.length, ...first.late], [0])
  })

  test('no refresh begins beside another exchange', async () => {
    const exchanges = new Exchanges()
    const [first, second] = [prepare({ key: 'code' }), prepare()]
    const one = exchanges.run(first.request)
    const other = exchanges.run(second.request)
    await settled()
    assert.equal(second.began.length, 0)
    first.answer('first')
    await one
    await settled()
    assert.equal(second.began.length, 1)
    second.answer('second')
    assert.equal(await other, 'second')
  })

  test('a refresh does not begin behind one whose fate is unknown, by whatever account', async () => {
    for (const [error, count] of [
      [lost, 0],
      [new ProviderUnavailableError('busy'), 1],
    ] as const) {
      const exchanges = new Exchanges()
      const [first, second] = [prepare(), prepare({ key: 'refresh of another' })]
      const one = exchanges.run(first.request)
      const other = exchanges.run(second.request)
      await settled()
      first.fail(error)
      await assert.rejects(one, error)
      if (count === 0) await assert.rejects(other, error)
      await settled()
      assert.equal(second.began.length, count)
    }
  })

  test('a refresh begins behind a code whose fate is unknown: it presents another token', async () => {
    const exchanges = new Exchanges()
    const [code, refresh] = [prepare({ key: 'code', patienceMs: 1_000 }), prepare()]
    const redeemed = exchanges.run(code.request)
    void exchanges.run(refresh.request)
    await settled()
    code.fail(lost)
    await assert.rejects(redeemed, lost)
    await settled()
    assert.equal(refresh.began.length, 1)
  })

  test('a sign-in waits for a while only, and what began before it counts no more then', async () => {
    const exchanges = new Exchanges()
    const hung = prepare()
    const signIn = prepare({ key: 'code', patienceMs: 20 })
    void exchanges.run(hung.request)
    const signedIn = exchanges.run({
      ...signIn.request,
      run: async (exchange) => {
        assert.equal(hung.began[0]?.isCurrent(), true)
        exchange.supersede()
        return 'signed in'
      },
    })
    assert.equal(await signedIn, 'signed in')
    assert.equal(hung.began[0]?.isCurrent(), false)
  })

  test('a refresh after a newer sign-in, or a logout, neither joins nor waits for the older one', async () => {
    for (const supersede of [signIn, logOut]) {
      for (const key of ['refresh', 'refresh of another']) {
        const exchanges = new Exchanges()
        const [hung, refresh] = [prepare(), prepare({ key })]
        const older = exchanges.run(hung.request)
        await supersede(exchanges)
        const refreshed = exchanges.run(refresh.request)
        await settled()
        refresh.answer('newer')
        assert.equal(await refreshed, 'newer')
        assert.equal(refresh.began[0]?.isCurrent(), true)
        hung.fail(lost)
        await assert.rejects(older, lost)
      }
    }
  })

  test('a refresh waits for the sign-in that supersedes, until it is sealed', async () => {
    const exchanges = new Exchanges()
    const [signIn, refresh] = [prepare({ key: 'code' }), prepare()]
    const signedIn = exchanges.run({ ...signIn.request, patienceMs: 20 })
    await settled()
    signIn.began[0]?.supersede()
    const refreshed = exchanges.run(refresh.request)
    await settled()
    assert.equal(refresh.began.length, 0)
    signIn.answer('sealed')
    assert.equal(await signedIn, 'sealed')
    await settled()
    refresh.answer('refreshed')
    assert.equal(await refreshed, 'refreshed')
  })

  test('a logout ends what is under way for it, and nothing of another', async () => {
    const exchanges = new Exchanges()
    const [mine, others] = [prepare(), prepare({ owner: 'other@example.com' })]
    void exchanges.run(mine.request)
    void exchanges.run(others.request)
    await settled()
    exchanges.supersede(owner)
    assert.deepEqual([mine.began[0]?.isCurrent(), others.began[0]?.isCurrent()], [false, true])
  })

  test('an unknown fate that nobody hears of is told apart, and no other error', async () => {
    for (const [error, told] of [
      [lost, [lost]],
      [new ProviderUnavailableError('busy'), []],
    ] as const) {
      const { request, began, lostErrors, fail, tooLate: end } = prepare()
      const result = new Exchanges().run(request)
      await settled()
      began[0]?.maySend()
      end()
      await assert.rejects(result, tooLate)
      fail(error)
      await settled()
      assert.deepEqual(lostErrors, told)
    }
  })
})

test('an exchange ends at its limit', async () => {
  const exchanges = new Exchanges({ limitMs: 20 })
  const result = exchanges.run({
    ...prepare().request,
    run: ({ maySend, signal }) => {
      maySend()
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(lost))
      })
    },
  })
  await assert.rejects(result, lost)
})

test('the accounts whose exchange is open are told at each change, and a close waits for them', async () => {
  const changes: string[][] = []
  const exchanges = new Exchanges({ onChange: (owners) => changes.push(owners) })
  const { request, answer } = prepare()
  const result = exchanges.run(request)
  await settled()
  let isClosed = false
  const closed = exchanges.close().then(() => {
    isClosed = true
  })
  await settled()
  assert.equal(isClosed, false)
  answer('tokens')
  await Promise.all([result, closed])
  assert.deepEqual(changes, [[owner], []])
})
