import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** The test files below a folder of the repository, by their paths from its top. */
export function findTests(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.test.ts'))
    .toSorted()
}

/** Runs test files in processes of their own; returns the exit status. Limits are in ms. */
export function runTests(files, { concurrency, limits }) {
  // Without a file Node would look for tests by itself.
  if (files.length === 0) {
    console.error('there are no tests of that name')
    return 64
  }
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
  return status ?? 1
}
