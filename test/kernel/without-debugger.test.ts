import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { withoutDebugger } from '../../src/kernel/without-debugger.ts'

test('a program that has not asked for SIGUSR1 yet opens no debugger at it', async () => {
  const program = `process.stdout.write('up'); setInterval(() => {}, 1_000)`
  const child = spawn(process.execPath, [...withoutDebugger, '-e', program])
  await once(child.stdout, 'data')
  child.kill('SIGUSR1')
  const [said] = await once(child.stderr.setEncoding('utf8'), 'data')
  assert.match(said, /^Starting inspector on 192\.0\.2\.1:9229 failed: address not available/)
  // Node's debugger listens on 127.0.0.1:9229.
  assert.doesNotMatch(readFileSync('/proc/net/tcp', 'utf8'), / 0100007F:240D .* 0A /)
  assert.equal(child.exitCode, null)
  child.kill()
})
