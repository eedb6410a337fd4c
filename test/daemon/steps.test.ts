import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Steps } from '../../src/daemon/steps.ts'
import { assertSentence } from '../support/golden.ts'
import { defer } from './sign-in/deferred.ts'

const stopping = { code: 'daemon_unreachable', message: 'the daemon is stopping' }

/** Steps that write down what is opened and undone. */
function prepare() {
  const steps = new Steps()
  const happened: string[] = []
  const take = (name: string) =>
    steps.take(
      name,
      () => `${happened.push(`${name} opened`)}`,
      () => happened.push(`${name} undone`),
    )
  return { steps, happened, take }
}

test('what was opened is undone in the reverse order, once, with what it was opened as', async () => {
  const { steps, happened, take } = prepare()
  await take('first')
  await steps.take('nothing to undo', () => {})
  assert.equal(
    await steps.take(
      'second',
      () => 2,
      (opened) => happened.push(`${opened} undone`),
    ),
    2,
  )
  await Promise.all([steps.undo(), steps.undo()])
  assert.deepEqual(happened, ['first opened', '2 undone', 'first undone'])
})

test('each is undone before the next one is', async () => {
  const { steps, happened, take } = prepare()
  await take('first')
  const slow = defer<void>()
  await steps.take(
    'slow',
    () => {},
    () => slow.promise,
  )
  const undone = steps.undo()
  assert.deepEqual(happened, ['first opened'])
  slow.resolve()
  await undone
  assert.deepEqual(happened, ['first opened', 'first undone'])
})

test('a step that fails is not undone, and its error is the one that is thrown', async () => {
  const { steps, happened, take } = prepare()
  await take('first')
  const error = new Error('cannot be opened')
  const undo = () => happened.push('bad undone')
  await assert.rejects(
    steps.take('bad', () => Promise.reject(error), undo),
    error,
  )
  await steps.undo()
  assert.deepEqual(happened, ['first opened', 'first undone'])
})

test('a step under way that opens something ends before it is undone; one that does not is not waited for', async () => {
  for (const isUndone of [true, false]) {
    const { steps, happened, take } = prepare()
    await take('first')
    const opening = defer<void>()
    const slow = steps.take(
      'slow',
      () => opening.promise,
      isUndone ? () => happened.push('slow undone') : undefined,
    )
    const undone = steps.undo()
    if (!isUndone) await undone
    opening.resolve()
    await assert.rejects(slow, stopping)
    await undone
    const expected = isUndone ? ['slow undone'] : []
    assert.deepEqual(happened, ['first opened', ...expected, 'first undone'])
  }
})

test('none begins once all is undone', async () => {
  const { steps, happened, take } = prepare()
  await steps.undo()
  await assert.rejects(take('late'), stopping)
  assert.deepEqual(happened, [])
})

test('a mistake in one keeps nothing else open, and names the step', async () => {
  const { steps, happened, take } = prepare()
  await take('first')
  const cause = new TypeError('mistake')
  await steps.take(
    'wrong',
    () => {},
    () => Promise.reject(cause),
  )
  await assert.rejects(steps.undo(), (error: AggregateError) => {
    const [mistake] = error.errors as Error[]
    assertSentence(mistake?.message, 'a step that cannot be undone', { step: 'wrong' })
    assert.equal(mistake?.cause, cause)
    return true
  })
  assert.deepEqual(happened, ['first opened', 'first undone'])
})
