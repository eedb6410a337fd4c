import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Newcomers } from '../../src/bridge/newcomers.ts'

test('who has been there longest is closed first, and only of this origin', () => {
  const newcomers = new Newcomers()
  const closed: string[] = []
  const add = (origin: string, name: string) => {
    const leave = newcomers.add(origin, () => {
      leave()
      closed.push(name)
    })
    return leave
  }
  const first = add('uid 1', 'logged in')
  add('uid 1', 'silent')
  add('uid 2', 'another')
  first()
  assert.ok(newcomers.closeOldest('uid 1'))
  assert.deepEqual(closed, ['silent'])
  assert.ok(!newcomers.closeOldest('uid 1'))
  add('uid 1', 'next')
  first()
  assert.ok(newcomers.closeOldest('uid 1'))
  assert.deepEqual(closed, ['silent', 'next'])
})
