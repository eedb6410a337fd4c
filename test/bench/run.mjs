/** Runs every benchmark; they print ratios to a bare Node and judge nothing. */
import '../../bin/require-node.js'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { plainEnvironment } from '../support/run-tests.mjs'

const root = join(import.meta.dirname, '..', '..')
const env = plainEnvironment()
for (const name of ['client-start', 'idle-memory', 'token-socket']) {
  const args = ['--import', 'tsx', `test/bench/${name}.ts`]
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status === null ? 1 : status)
}
