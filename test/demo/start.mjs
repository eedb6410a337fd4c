/** `npm run demo`: sets up what a fresh clone lacks, then shows the whole thing on loopback. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

await import('../support/set-up.mjs')

const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
const demo = join(import.meta.dirname, 'demo.ts')
const options = ['--no-warnings', '--import', 'tsx', demo, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, options, { env, stdio: 'inherit' })
process.exit(status ?? 1)
