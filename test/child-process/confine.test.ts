/** What a confined process can open, tried in one, on the main thread and on those of Node's pool. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildSync } from 'esbuild'
import { landlockVersion } from '../../src/kernel/landlock.ts'
import type { Trial } from '../support/confined-trial.ts'

const root = join(import.meta.dirname, '..', '..')
const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-confine-'))
const inside = join(directory, 'inside')
const outside = join(directory, 'outside')
const program = join(directory, 'confined-trial.cjs')
const version = landlockVersion()
const nothing = { reads: [], makes: [], writes: [], runsPrograms: false }

before(() => {
  for (const path of [inside, outside, `${inside}/a`, `${inside}/b`]) mkdirSync(path)
  for (const path of [inside, outside]) writeFileSync(`${path}/file`, 'text')
  mkdirSync(`${directory}/links`)
  mkdirSync(`${directory}/before`)
  for (const [name, target] of [
    ['link', `${outside}/file`],
    ['linked', outside],
    ['beside', `${directory}/before`],
    ['broken', `${directory}/none/file`],
  ] as const) {
    symlinkSync(target, `${directory}/links/${name}`)
  }
  buildSync({
    entryPoints: [join(root, 'test', 'support', 'confined-trial.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    alias: { koffi: join(root, 'node_modules', 'koffi') },
    external: [join(root, 'node_modules', 'koffi')],
    define: { 'import.meta.dirname': JSON.stringify(join(root, 'dist')) },
  })
})
after(() => rmSync(directory, { recursive: true }))

function run(trial: Partial<Trial>): unknown {
  const confinement = { ...nothing, writes: [inside] }
  const given: Trial = { confinement, inside, outside, hasNoLandlock: false, ...trial }
  return JSON.parse(
    execFileSync(process.execPath, [program, JSON.stringify(given)], { encoding: 'utf8' }),
  )
}

const free = {
  isConfined: false,
  read: 'done',
  readInPool: 'done',
  write: 'done',
  writeInPool: 'done',
  readInside: 'done',
  moveInside: 'done',
  readSystem: 'done',
  listen: 'done',
  run: 'done',
  noNewPrivileges: '1',
}
const refused = 'EACCES'
const closed = {
  ...free,
  isConfined: true,
  read: refused,
  readInPool: refused,
  write: refused,
  writeInPool: refused,
  run: refused,
  listen: version >= 4 ? refused : 'done',
}
/** On a kernel without Landlock nothing is closed but the way to privileges. */
const here = (outcome: typeof free) => (version === 0 ? free : outcome)

test('it opens what it is given and what the system needs, on no thread anything else', () => {
  assert.deepEqual(run({}), here(closed))
})

test('what it is given to read it cannot change', () => {
  const confinement = { ...nothing, reads: [`${outside}/other`], writes: [inside] }
  assert.deepEqual(run({ confinement }), here({ ...closed, read: 'done', readInPool: 'done' }))
})

for (const [name, file, isLinked] of [
  ['a file that is a link', 'link', true],
  ['a directory that is a link', 'linked/file', true],
  ['a directory that is a link to one beside it, before', 'beside/file', true],
  ['a link that leads nowhere', 'broken', false],
] as const) {
  test(`where a link leads is read too: ${name}`, () => {
    const confinement = { ...nothing, reads: [`${directory}/links/${file}`], writes: [inside] }
    const read = isLinked ? 'done' : refused
    assert.deepEqual(run({ confinement }), here({ ...closed, read, readInPool: read }))
  })
}

test('a file that is to be made can be made, and one that is there can not be changed', () => {
  const toBeMade = { ...nothing, makes: [`${outside}/new`], writes: [inside] }
  assert.deepEqual(
    run({ confinement: toBeMade }),
    here({ ...free, isConfined: true, run: refused, listen: closed.listen }),
  )
  const there = { ...nothing, makes: [`${outside}/file`], writes: [inside] }
  assert.deepEqual(
    run({ confinement: there }),
    here({ ...closed, read: 'done', readInPool: 'done' }),
  )
})

test('one that may run programs runs those of the system', () => {
  const confinement = { ...nothing, writes: [inside], runsPrograms: true }
  assert.deepEqual(run({ confinement }), here({ ...closed, run: 'done' }))
})

test('where a directory is to be made, it can be', () => {
  const confinement = { ...nothing, writes: [`${inside}/none/yet`] }
  assert.deepEqual(run({ confinement }), here(closed))
})

test('a kernel without Landlock lets it go on as it is, without new privileges', () => {
  assert.deepEqual(run({ hasNoLandlock: true }), free)
})
