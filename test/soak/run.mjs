/**
 * Holds the program to its limits at their full figures, one gate after the other, in three hours or so;
 * some need root. All, or those named: `npm run test:soak -- kills power-cut`.
 */
import '../../bin/require-node.js'
import { basename } from 'node:path'
import { findTests, runTests } from '../support/run-tests.mjs'

/** The gates that run in full with all other tests. */
const elsewhere = {
  'hostile-servers': ['test/mail/smtp-hostile.test.ts', 'test/mail/smtp-tls.test.ts'],
  outage: ['test/daemon/tokens/token-keeper.test.ts'],
}
const gates = new Map([
  ...findTests('test/soak').map((file) => [basename(file, '.test.ts'), [file]]),
  ...Object.entries(elsewhere),
])
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !gates.has(name))
if (unknown.length > 0) {
  console.error(
    `no gate is called "${unknown.join('", "')}"; there are ${[...gates.keys()].join(', ')}`,
  )
  process.exit(64)
}
const names = wanted.length === 0 ? [...gates.keys()] : wanted
const files = names.flatMap((name) => gates.get(name))
// What a gate mounts is seen by no other process, and is kept mounted by none.
const under =
  process.geteuid() === 0
    ? ['unshare', '--mount', '--propagation=private', 'env', 'CMS_OAUTH_OWN_MOUNTS=1']
    : []
const limits = { file: 75 * 60_000, run: 6 * 60 * 60_000 }
process.exit(runTests(files, { concurrency: 1, limits, under }))
