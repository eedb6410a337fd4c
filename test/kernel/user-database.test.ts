import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { findGroupId, findUserId, groupIdsOf } from '../../src/kernel/user-database.ts'

function id(...argv: string[]): string {
  return execFileSync('id', argv, { encoding: 'utf8' }).trim()
}

test('a user and a group are found by name', () => {
  assert.equal(findUserId('root'), 0)
  assert.equal(findGroupId('root'), 0)
  const { username, uid } = userInfo()
  assert.equal(findUserId(username), uid)
})

test('a number in digits stands for itself', () => {
  assert.equal(findUserId('1234567'), 1_234_567)
  assert.equal(findGroupId('0'), 0)
})

test('the number that means "nobody in particular" to chown is not a user', () => {
  assert.equal(findUserId('4294967295'), undefined)
  assert.equal(findGroupId('99999999999999999999'), undefined)
})

test('an unknown name is nobody', () => {
  assert.equal(findUserId('no such user'), undefined)
  assert.equal(findGroupId(''), undefined)
})

test('the groups of a user are those that id(1) knows', () => {
  const { username, uid } = userInfo()
  const expected = id('-G', username).split(' ').map(Number)
  assert.deepEqual(new Set(groupIdsOf(uid)), new Set(expected))
})

test('a uid without an entry is in no group', () => {
  assert.deepEqual(groupIdsOf(4_000_000_000), [])
})
