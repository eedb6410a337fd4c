/** `npm run demo`: sets up what a fresh clone lacks, then shows the whole thing on loopback. */
import '../support/set-up.mjs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
const demo = join(import.meta.dirname, 'demo.ts')
const options = ['--no-warnings', '--import', 'tsx', demo, ...process.argv.slice(2)]
const child = spawn(process.execPath, options, { env, stdio: 'inherit' })
// It tidies up before it ends, whoever is told to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (status) => process.exit(status === null ? 1 : status))
