import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ChildEnd } from '../../src/child-process/child.ts'
import { KeptChild } from '../../src/child-process/kept-child.ts'

/** A child that ends when it is told to. */
function keep(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowS = 0
  t.mock.method(process, 'uptime', () => nowS)
  const children: { said: string[]; end: (reason?: string) => void }[] = []
  const restarts: { end: ChildEnd; pauseMs: number }[] = []
  const kept = new KeptChild<string>({
    start: (onEnd) => {
      const said: string[] = []
      const end = (reason = 'status 1') => onEnd({ reason })
      children.push({ said, end })
      return { send: (word) => said.push(word), disconnect: () => said.push('disconnect') }
    },
    onRestart: (end, pauseMs) => restarts.push({ end, pauseMs }),
  })
  const pass = (ms: number) => {
    nowS += ms / 1_000
    t.mock.timers.tick(ms)
  }
  return { kept, children, restarts, pass }
}

test('one that ends is replaced at once, and tells why', (t) => {
  const { kept, children, restarts, pass } = keep(t)
  kept.send('first')
  children[0]?.end('SIGSEGV')
  kept.send('between')
  pass(0)
  kept.send('second')
  assert.deepEqual(
    children.map(({ said }) => said),
    [['first'], ['second']],
  )
  assert.deepEqual(restarts, [{ end: { reason: 'SIGSEGV' }, pauseMs: 0 }])
})

test('while none stays the next comes more and more rarely, at least once a minute', (t) => {
  t.mock.method(Math, 'random', () => 1)
  const { children, restarts, pass } = keep(t)
  for (let count = 0; count < 10; count++) {
    children.at(-1)?.end()
    pass(restarts.at(-1)?.pauseMs ?? 0)
  }
  assert.equal(children.length, 11)
  assert.deepEqual(
    restarts.map(({ pauseMs }) => pauseMs / 1_000),
    [0, 2, 4, 8, 16, 32, 60, 60, 60, 60],
  )
})

test('after one that has run for a minute the next comes at once', (t) => {
  const { children, restarts, pass } = keep(t)
  children[0]?.end()
  pass(0)
  pass(60_000)
  children[1]?.end()
  assert.equal(restarts.at(-1)?.pauseMs, 0)
})

test('close lets it finish, and no other comes', async (t) => {
  const { kept, children, pass } = keep(t)
  const closed = kept.close()
  assert.deepEqual(children[0]?.said, ['disconnect'])
  children[0].end('status 0')
  await closed
  pass(120_000)
  assert.equal(children.length, 1)
})

test('whoever closes it hears when it is gone, also where two do', async (t) => {
  const { kept, children } = keep(t)
  const closed = [kept.close(), kept.close()]
  assert.deepEqual(children[0]?.said, ['disconnect'])
  children[0].end('status 0')
  await Promise.all(closed)
})

test('close between two of them waits for none', async (t) => {
  const { kept, children, pass } = keep(t)
  children[0]?.end()
  await kept.close()
  pass(120_000)
  assert.equal(children.length, 1)
})
