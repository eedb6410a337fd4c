/** What a program that starts for every mail does without, as it takes a large part of its start. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { serveTokens, temporaryHome } from './run-against.ts'

const root = join(import.meta.dirname, '..', '..')
const answer = () => 'user=user@example.com\u0001auth=Bearer T0KEN\u0001\u0001'
const credential = `${answer()}\n`
const args = ['--user=user@example.com']

/** A module that tells on standard error what Node itself has loaded, at the end of a program that requires it. */
const tellsModules = `process.on('exit', () => {
  const names = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '))
  require('node:fs').writeSync(2, names.map((name) => name.slice(13)).join(' '))
})`

test('a token is fetched to a pipe without node:net, streams and node:crypto', async (t) => {
  const home = await temporaryHome(t)
  await serveTokens(t, home, answer)
  const tells = join(temporaryFolder(t), 'tells.cjs')
  writeFileSync(tells, tellsModules)
  const client = join(root, 'bin', 'cms-oauth.js')
  const told = await promisify(execFile)(
    process.execPath,
    ['--require', tells, client, ...args],
    home,
  )
  assert.equal(told.stdout, credential)
  const loaded = told.stderr.split(' ')
  assert.ok(loaded.includes('fs'))
  const shunned = ['net', 'stream', 'crypto', 'child_process', 'http', 'perf_hooks', 'readline']
  assert.deepEqual(
    loaded.filter((name) => shunned.includes(name)),
    [],
  )
})

test('where koffi is not there, as on a processor that it is not built for, the client works by Node', async (t) => {
  const home = await temporaryHome(t)
  await serveTokens(t, home, answer)
  const folder = temporaryFolder(t)
  for (const name of ['bin', 'package.json', 'dist/cms-oauth.cjs']) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  const client = join(folder, 'bin', 'cms-oauth.js')
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [client, ...args], home)
  assert.deepEqual({ stdout, stderr }, { stdout: credential, stderr: '' })
})

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cms-oauth-start-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'dist'))
  return folder
}
