/** A Node that is too old is told in a sentence, by every file that a person starts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { build } from 'esbuild'
import { runProgram } from '../support/daemon.ts'
import { assertResult } from '../support/golden.ts'

const root = join(import.meta.dirname, '..', '..')
const entryPoints = [
  'bin/cms-oauth.js',
  'bin/cms-oauthd.js',
  'build.mjs',
  'packaging/deb.mjs',
  'packaging/rpm.mjs',
  'test/bench/run.mjs',
  'test/demo/start.mjs',
  'test/run.mjs',
  'test/soak/run.mjs',
  'test/support/set-up.mjs',
]

function runAs(version: string, args: string[]) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`
  return runProgram(process.execPath, ['--import', preload, ...args], process.env)
}

/** What Node parses before the first line runs: a program with all that it imports statically. */
async function bundle(entryPoint: string, target: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entryPoint)],
    target,
    // Resolved when it runs, and then the check has been made.
    supported: { 'node-colon-prefix-require': true },
    bundle: true,
    write: false,
    platform: 'node',
    format: entryPoint.endsWith('.mjs') ? 'esm' : 'cjs',
    external: ['../dist/*', './bundle.mjs', './debian-package.mjs', './rpm-package.mjs'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

describe('a Node that is too old', () => {
  for (const entryPoint of entryPoints) {
    test(`can read ${entryPoint}, and is told before anything else`, async () => {
      // Newer syntax would be rewritten for the Node of Ubuntu 22.04.
      assert.equal(await bundle(entryPoint, 'node12.22'), await bundle(entryPoint, 'esnext'))
      assertResult(await runAs('18.19.1', [join(root, entryPoint)]), 78, 'a Node that is too old', {
        needed: '20.19',
        node: process.execPath,
        version: '18.19.1',
      })
    })
  }

  test('is told by its version', async () => {
    const expected = { '12.22.12': 78, '20.18.3': 78, '20.19.0': 0, '22.1.0': 0, '100.0.0': 0 }
    for (const [version, status] of Object.entries(expected)) {
      const result = await runAs(version, [join(root, 'bin', 'require-node.js')])
      assert.equal(result.status, status, version)
    }
  })

  test('is the one that package.json refuses', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      engines: { node: string }
      scripts: Record<string, string>
    }
    assert.equal(manifest.engines.node, '>=20.19')
    const started = Object.values(manifest.scripts).flatMap(
      (script) => /^node (\S+)/.exec(script)?.[1] ?? [],
    )
    assert.deepEqual(
      started.filter((name) => !entryPoints.includes(name)),
      [],
    )
  })
})
