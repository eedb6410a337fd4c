import assert from 'node:assert/strict'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import v8 from 'node:v8'
import { QuietMoments } from '../../src/bridge/quiet-moments.ts'

const mebibyte = 1024 * 1024

/** A process whose memory is what the test says, and how often it was collected. */
function watch(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const collected = t.mock.method(v8, 'queryObjects', () => 0)
  syncBuiltinESMExports()
  t.after(() => {
    collected.mock.restore()
    syncBuiltinESMExports()
  })
  t.mock.method(process, 'cpuUsage', () => ({ user: 0, system: 0 }))
  const resident = { mebibytes: 50 }
  const moments = new QuietMoments(() => resident.mebibytes * mebibyte)
  /** It has so much once that was given back. */
  const settle = (mebibytes: number) => {
    resident.mebibytes = mebibytes
    t.mock.timers.tick(5_000)
  }
  /** So many come in a second, for so many seconds: how often it has collected by then. */
  const keepComing = ({ changes, seconds }: { changes: number; seconds: number }) => {
    const before = collected.mock.callCount()
    for (let second = 0; second < seconds; second++) {
      for (let change = 0; change < changes; change++) moments.noteChange()
      t.mock.timers.tick(1_000)
    }
    return collected.mock.callCount() - before
  }
  /** Two come, and then nobody for a moment: how often it has collected for that. */
  const come = (mebibytes: number) => {
    resident.mebibytes = mebibytes
    const before = collected.mock.callCount()
    moments.noteChange()
    moments.noteChange()
    for (let second = 0; second < 5; second++) t.mock.timers.tick(1_000)
    return collected.mock.callCount() - before
  }
  return { come, keepComing, settle }
}

test('what much has taken is given back once, a moment later, and little is left alone', (t) => {
  const { come } = watch(t)
  assert.equal(come(50), 0)
  assert.equal(come(53), 0)
  assert.equal(come(60), 1)
  assert.equal(come(60), 0)
  assert.equal(come(63), 0)
  assert.equal(come(90), 1)
})

test('what is taken again after it was given back is given back again', (t) => {
  const { come, settle } = watch(t)
  assert.equal(come(90), 1)
  settle(52)
  assert.equal(come(90), 1)
})

test('many who are gone leave what is given back, though the process has not grown', (t) => {
  const { come } = watch(t)
  for (let each = 0; each < 99; each++) assert.equal(come(50), 0)
  assert.equal(come(50), 1)
  assert.equal(come(50), 0)
})

test('while many come and go nothing is collected, and a moment after the last of them once', (t) => {
  const { come, keepComing } = watch(t)
  assert.equal(keepComing({ changes: 40, seconds: 50 }), 0)
  assert.equal(come(50), 1)
  assert.equal(come(50), 0)
})

test('where it is never quiet, what many took is given back about once a minute', (t) => {
  const { keepComing } = watch(t)
  assert.equal(keepComing({ changes: 40, seconds: 250 }), 4)
})

test('those who come one by one are no reason to wait', (t) => {
  const { keepComing } = watch(t)
  assert.equal(keepComing({ changes: 2, seconds: 110 }), 1)
})
