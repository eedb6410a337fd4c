/**
 * `npm run bench [-- [--only NAME]... [--rounds N] [--node 20|22|24]]`: what the programs cost beside a
 * bare Node of the same version. Prints ratios, writes test/bench/RESULTS.md and judges nothing.
 */
import '../../bin/require-node.js'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnvironment } from '../support/run-tests.mjs'

const root = join(import.meta.dirname, '..', '..')
const words = process.argv.slice(2)
const at = words.indexOf('--node')
const [, version] = at === -1 ? [] : words.splice(at, 2)
const env = plainEnvironment()
if (version !== undefined) {
  const bin = join(root, 'test', 'node-matrix', 'node_modules', `node${version}`, 'bin')
  if (!existsSync(bin)) {
    console.error(`there is no Node ${version} in "${bin}": npm ci --prefix test/node-matrix`)
    process.exit(64)
  }
  env.PATH = `${bin}:${env.PATH}`
}
// A group of its own: whatever it has started ends with it.
const child = spawn('node', ['--import', 'tsx', 'test/bench/main.ts', ...words], {
  cwd: root,
  env,
  stdio: 'inherit',
  detached: true,
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.kill(-child.pid, signal))
}
child.on('exit', (status) => process.exit(status === null ? 1 : status))
