import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { admits, permission, type Principal, stepsTo } from '../../../src/client/doctor/reach.ts'

const file = { uid: 1_000, gid: 50 }

test('the bits of the first class that fits decide, as in the kernel', () => {
  const seekers: Record<string, Principal> = {
    root: { uid: 0, gids: [] },
    owner: { uid: 1_000, gids: [50] },
    member: { uid: 1_001, gids: [7, 50] },
    group: { gids: [50] },
    stranger: { uid: 1_001, gids: [7] },
  }
  const admitted = (mode: number, wanted: 1 | 2) =>
    Object.keys(seekers).filter((name) =>
      admits({ ...file, mode }, seekers[name] ?? assert.fail(), wanted),
    )
  const { search, write } = permission
  assert.deepEqual(admitted(0o700, search), ['root', 'owner'])
  assert.deepEqual(admitted(0o711, search), ['root', 'owner', 'member', 'group', 'stranger'])
  assert.deepEqual(admitted(0o710, search), ['root', 'owner', 'member', 'group'])
  assert.deepEqual(admitted(0o701, search), ['root', 'owner', 'stranger'])
  assert.deepEqual(admitted(0o660, write), ['root', 'owner', 'member', 'group'])
  assert.deepEqual(admitted(0o640, write), ['root', 'owner'])
  assert.deepEqual(admitted(0o066, write), ['root', 'member', 'group', 'stranger'])
})

test('every directory on the way is walked, those behind a symbolic link too', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'reach-'))
  t.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'closed', 'inner'), { recursive: true })
  await chmod(join(root, 'closed'), 0o700)
  await symlink(join(root, 'closed', 'inner'), join(root, 'link'))
  await writeFile(join(root, 'link', 'socket'), '')
  const steps = stepsTo(join(root, 'link', 'socket'))
  const paths = steps.map(({ path }) => path)
  assert.equal(paths[0], '/')
  for (const path of [root, join(root, 'closed'), join(root, 'closed', 'inner')]) {
    assert.equal(paths.filter((step) => step === path).length, 1, path)
  }
  assert.ok(!paths.includes(join(root, 'link')))
  assert.throws(() => stepsTo(join(root, 'nowhere', 'socket')), { code: 'ENOENT' })
})
