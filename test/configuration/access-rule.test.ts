import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { AccessRule, type UserDatabase } from '../../src/configuration/access-rule.ts'
import { assertSentence, expectedError } from '../support/golden.ts'

const numbers: Record<string, number> = { mail: 8, exim: 101, staff: 50 }
const find = (name: string) => numbers[name] ?? (/^\d+$/.test(name) ? Number(name) : undefined)

function database(groupIdsOf: UserDatabase['groupIdsOf'] = () => []): UserDatabase {
  return { findUserId: find, findGroupId: find, groupIdsOf }
}

test('without a rule everybody is let in whom the mode lets in', () => {
  assert.ok(new AccessRule(undefined, database()).admits({ uid: 7, gid: 7 }))
})

test('with a rule only those are admitted whom it lists, root and the daemon not excepted', () => {
  const rule = new AccessRule({ users: ['exim', '1000'], groups: [] }, database())
  const admitted = [0, 8, 101, 1000].filter((uid) => rule.admits({ uid, gid: uid }))
  assert.deepEqual(admitted, [101, 1000])
})

test('a rule that lists nobody admits nobody', () => {
  const rule = new AccessRule({ users: [], groups: [] }, database())
  assert.equal(rule.admits({ uid: 0, gid: 0 }), false)
})

test('a group is matched by the group of the process and by the groups of its user', () => {
  const rule = new AccessRule(
    { users: [], groups: ['staff'] },
    database((uid) => (uid === 1001 ? [1001, 50] : [uid])),
  )
  assert.ok(rule.admits({ uid: 1000, gid: 50 }))
  assert.ok(rule.admits({ uid: 1001, gid: 1001 }))
  assert.equal(rule.admits({ uid: 1000, gid: 1000 }), false)
})

test('the groups of a process are those that the kernel tells, not those that its user could have', () => {
  const rule = new AccessRule(
    { users: [], groups: ['staff'] },
    database(() => [50]),
  )
  const admits = (groups: number[]) => rule.admits({ uid: 1000, gid: 1000, groups: () => groups })
  assert.deepEqual([admits([]), admits([1000, 50])], [false, true])
})

test('groups are not asked for where none is listed', () => {
  const rule = new AccessRule(
    { users: ['exim'], groups: [] },
    database(() => assert.fail()),
  )
  assert.equal(rule.admits({ uid: 1000, gid: 1000, groups: () => assert.fail() }), false)
})

test('the user database is asked once for many requests of one user', () => {
  const asked: number[] = []
  const rule = new AccessRule(
    { users: [], groups: ['staff'] },
    database((uid) => {
      asked.push(uid)
      return []
    }),
  )
  for (let i = 0; i < 100; i++) rule.admits({ uid: 1000 + (i % 2), gid: 1000 })
  assert.deepEqual(asked, [1000, 1001])
})

test('a name that nobody has is refused', () => {
  assert.throws(
    () => new AccessRule({ users: ['ghost'], groups: [] }, database()),
    expectedError('config_invalid', 'a name that nobody has is refused'),
  )
  assert.throws(
    () => new AccessRule({ users: [], groups: ['ghosts'] }, database()),
    expectedError('config_invalid', 'a name that nobody has is refused (2)'),
  )
})

test('in a user namespace that maps only some uids a rule is refused, and its absence is not', async (t) => {
  const script = `
    import { AccessRule } from '${new URL('../../src/configuration/access-rule.ts', import.meta.url).href}'
    new AccessRule(undefined)
    try { new AccessRule({ users: ['0'], groups: [] }) } catch (error) { console.log(error.message) }
  `
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script]
  const run = promisify(execFile)
  try {
    await run('unshare', ['--user', '--map-root-user', 'true'])
  } catch {
    return t.skip('user namespaces are not available here')
  }
  const { stdout } = await run('unshare', ['--user', '--map-root-user', ...node])
  assertSentence(stdout, 'a user namespace', { key: '"allow"' })
})
