/** Runs every test, or those below the folders named: `npm test -- test/socket`. */
import '../bin/require-node.js'
import os from 'node:os'
import { findTests, runTests } from './support/run-tests.mjs'

const wanted = process.argv.slice(2)
const files = findTests('test')
  .filter((name) => !name.startsWith('test/soak/'))
  .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
process.exit(
  runTests(files, {
    /** Most of a test's time is spent in waiting for other processes. */
    concurrency: 3 * os.availableParallelism(),
    /** A file of tests that hangs is named, instead of blocking the gate; so is a whole run. */
    limits: { file: 4 * 60_000, run: 25 * 60_000 },
  }),
)
