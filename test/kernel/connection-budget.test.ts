import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConnectionBudget } from '../../src/kernel/connection-budget.ts'

function takeAll(budget: ConnectionBudget, uid: number): number {
  let count = 0
  while (budget.take(uid)) count++
  return count
}

test('one uid alone gets four fifths of the room', () => {
  assert.equal(takeAll(new ConnectionBudget(12_500), 1000), 10_000)
})

test('no number of greedy uids locks out another one', () => {
  const budget = new ConnectionBudget(1_000)
  for (const uid of [1, 2]) assert.ok(takeAll(budget, uid) > 100)
  assert.ok(budget.take(3))
})

test('never more than the limit are taken, by however many uids', () => {
  const budget = new ConnectionBudget(100)
  let count = 0
  for (let uid = 0; uid < 200; uid++) count += takeAll(budget, uid)
  assert.equal(count, 100)
})

test('what is released may be taken again', () => {
  const budget = new ConnectionBudget(1)
  for (let round = 0; round < 3; round++) {
    assert.equal(takeAll(budget, 1000), 1)
    budget.release(1000)
  }
})

test('the limit of the process leaves room for 10,000 connections where 20,000 files may be open', (t) => {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  if (Number(limit) < 20_000) return t.skip('fewer files may be open here')
  assert.ok(takeAll(new ConnectionBudget(), 1000) >= 10_000)
})

function descriptorsWithRoom(): number {
  return Number(/^FDSize:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

test('long before all are taken the kernel has made room for them', async () => {
  const budget = new ConnectionBudget(6_000)
  for (let uid = 0; uid < 32; uid++) budget.take(uid)
  while (descriptorsWithRoom() < 6_000) await new Promise(setImmediate)
})
