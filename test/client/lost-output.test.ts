import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { accountStatus, serveControl, serveTokens, temporaryHome } from './run-against.ts'
import { assertSentence } from '../support/golden.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
const args = ['--user=user@example.com']
const answer = () => 'user=user@example.com\u0001auth=Bearer T0KEN\u0001\u0001'

test('a full disk under standard output is an error, told without the token', async (t) => {
  const home = await temporaryHome(t)
  await serveTokens(t, home, answer)
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const child = spawn(program, args, { env: home.env, stdio: ['ignore', full, 'pipe'] })
  const [stderr, [status]] = await Promise.all([text(child.stderr!), once(child, 'close')])
  assert.equal(status, 74)
  assertSentence(stderr, 'a full disk under standard output is an error, told without the token')
  assert.ok(!stderr.includes('T0KEN'))
})

test('a reader that has left is not an error', async (t) => {
  const home = await temporaryHome(t)
  await serveTokens(t, home, answer)
  const child = spawn(program, args, { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
})

test('status --watch ends when its reader has left', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, {
    accounts: () => ({ version: '1', pid: 1, accounts: [accountStatus()] }),
    subscribe: () => () => {},
  })
  const child = spawn(program, ['status', '--watch'], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
})
