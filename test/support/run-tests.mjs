import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..', '..')

/** The test files below a folder of the repository, by their paths from its top. */
export function findTests(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.test.ts'))
    .toSorted()
}

/** Ours without what slows down every Node: the machine's extra authorities cost each 40 ms. */
export function plainEnvironment() {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
  return env
}

/** Runs test files in processes of their own, by `under` if it is given; returns the exit status. Limits are in ms. */
export function runTests(files, { concurrency, limits, under = [] }) {
  // Without a file Node would look for tests on its own.
  if (files.length === 0) {
    console.error('there are no tests of that name')
    return 64
  }
  const options = [
    '--import',
    'tsx',
    '--test',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${pathToFileURL(join(import.meta.dirname, 'slowest-files.mjs')).href}`,
    '--test-reporter-destination=stdout',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${limits.file}`,
  ]
  const [program, ...words] = [...under, process.execPath, ...options, ...files]
  const { status } = spawnSync(program, words, {
    cwd: root,
    env: plainEnvironment(),
    stdio: 'inherit',
    timeout: limits.run,
  })
  return status === null ? 1 : status
}
