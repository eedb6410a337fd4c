/** Runs every test, or those below the folders named: `npm test -- test/socket`. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const files = readdirSync(join(root, 'test'), { recursive: true })
  .map((name) => join('test', name))
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
  .toSorted()
/** In ms: a file of tests that hangs is named, instead of blocking the gate; so is a whole run. */
const limits = { file: 4 * 60_000, run: 10 * 60_000 }
/** Most of a test's time is spent in waiting for other processes. */
const concurrency = 2 * availableParallelism()
const options = [
  '--import',
  'tsx',
  '--test',
  '--test-reporter=spec',
  `--test-concurrency=${concurrency}`,
  `--test-timeout=${limits.file}`,
]
// The machine's extra authorities cost each Node process 40 ms and are none of the tests' business.
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
const { status } = spawnSync(process.execPath, [...options, ...files], {
  cwd: root,
  env,
  stdio: 'inherit',
  timeout: limits.run,
})
process.exit(status ?? 1)
