import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  findGroupId,
  findUser,
  groupName,
  userName,
} from '../../../src/client/doctor/name-service.ts'

for (const [way, path] of [
  ['getent', process.env['PATH']],
  ['the files of /etc', '/nonexistent'],
] as const) {
  test(`names and numbers are found by ${way}`, async (t) => {
    const before = process.env['PATH']
    process.env['PATH'] = path
    t.after(() => {
      process.env['PATH'] = before
    })
    assert.equal(await findGroupId('root'), 0)
    assert.equal(await findGroupId('0'), 0)
    assert.equal(await findGroupId('no-such-group'), undefined)
    assert.equal((await findUser('root'))?.uid, 0)
    assert.equal(await findUser('no-such-user'), undefined)
    assert.equal(await userName(0), 'root')
    assert.equal(await userName(4_000_000_000), '4000000000')
    assert.equal(await groupName(0), 'root')
    assert.equal(await groupName(4_000_000_000), '4000000000')
  })
}

test('a user comes with all groups', async () => {
  assert.ok((await findUser('root'))?.gids.includes(0))
})
