/** Runs every benchmark; they print ratios to a bare Node and judge nothing. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
// The machine's extra authorities cost each Node process 40 ms and are none of the matter.
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
for (const name of ['client-start', 'idle-memory', 'token-socket']) {
  const args = ['--import', 'tsx', `test/bench/${name}.ts`]
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
