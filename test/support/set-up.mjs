/**
 * Sets up what a fresh clone lacks: the packages of package-lock.json and the build. Needs nothing
 * but Node and npm, so that `npm test` and `npm run demo` are the first commands anybody has to run.
 */
import '../../bin/require-node.js'
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

function modifiedAt(path) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false })
  return stats === undefined ? 0 : stats.mtimeMs
}

function newestSource() {
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => `src/${name}`)
  return Math.max(...[...sources, 'bundle.mjs', 'package.json'].map(modifiedAt))
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  if (status === 0) return
  const reason = error === undefined ? `status ${status}` : error.message
  console.error(`"${program} ${args.join(' ')}" failed: ${reason}`)
  process.exit(1)
}

const installed = 'node_modules/.package-lock.json'
if (modifiedAt(installed) < modifiedAt('package-lock.json')) {
  run('npm', ['ci', '--no-audit', '--no-fund'])
}
if (modifiedAt('dist/cms-oauthd.cjs') < newestSource()) run(process.execPath, ['build.mjs'])
