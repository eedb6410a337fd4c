/**
 * Marked tokens, codes and secrets, and the store's key, through a sign-in, refreshes and failures
 * with every system call watched: none of them, in whatever form, is in the log, in what the client
 * says, in the arguments or environment of any program, in a byte written to disk, or in a core.
 * Needs root and strace. Takes seconds.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { assertClean, provokeLeaks, secretsOf } from '../support/canaries.ts'
import { installedProgram } from '../support/installed-program.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import { startScriptedWorld } from '../support/scripted-world.ts'
import { requireRoot } from './require-root.ts'

const writes = 'write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg'

/** Follows a process and all that it starts; returns how to get at what they did. */
async function watch(t: TestContext, pid: number, file: string): Promise<() => Promise<string>> {
  const strace = spawn(
    installedProgram('strace', 'strace'),
    // Everything as \x.., of any length, with the environment of each program and the path of each descriptor.
    [
      '-f',
      '-v',
      '-y',
      '-xx',
      '-s',
      '1048576',
      '-e',
      `trace=execve,${writes}`,
      '-o',
      file,
      '-p',
      `${pid}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  t.after(() => strace.kill('SIGKILL'))
  const closed = once(strace, 'close')
  await once(strace.stderr, 'data')
  return async () => {
    strace.kill('SIGINT')
    await closed
    return readFileSync(file, 'latin1').replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
}

function isTraced(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/status`, 'latin1').includes('TracerPid:\t0\n')
  } catch {
    return false
  }
}

test('marked secrets are nowhere but in memory and on the way to the provider', async (t) => {
  requireRoot()
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { home, server } = world
  const pid = world.daemon.process.pid ?? assert.fail('no daemon')
  // The one of the start would not be watched.
  while (findRenewerPid(pid) !== undefined) await delay(20)
  const traced = await watch(t, pid, join(home.directory, 'trace'))
  const words = await provokeLeaks(world)
  world.answerWell()
  await world.daemon.control.refresh(world.user)
  const renewer = findRenewerPid(pid) ?? assert.fail('no renewer')
  const verifier = server.received[0]?.form.get('code_verifier') ?? assert.fail('no verifier')
  const secrets = [...secretsOf(home), verifier]
  for (const each of [pid, renewer]) {
    for (const file of ['cmdline', 'environ']) {
      assertClean(file, readFileSync(`/proc/${each}/${file}`, 'latin1'), secrets)
    }
  }
  // SIGABRT asks for a core, which the limit of one byte forbids.
  for (const each of [renewer, pid]) process.kill(each, 'SIGABRT')
  await world.daemon.stop('SIGABRT')
  // strace 6.1 waits without end for a process that it is to let go and that has just died.
  for (const each of [renewer, pid]) while (isTraced(each)) await delay(20)
  const calls = (await traced()).split(/\n(?=\d+ )/)
  const onDisk = calls.filter((call) => /^\d+ +p?write\w*\(\d+<\//.test(call))
  const programs = calls.filter((call) => /^\d+ +execve\(/.test(call))
  assertClean('a write to the disk', onDisk.join('\n'), secrets)
  assertClean('a program that was started', programs.join('\n'), secrets)
  assertClean('the log', JSON.stringify(world.daemon.log), secrets)
  assertClean('the client', JSON.stringify(words), secrets)
  const cores = [process.cwd(), home.directory].flatMap((directory) =>
    readdirSync(directory).filter((name) => /^core(\.\d+)?$/.test(name)),
  )
  assert.deepEqual(cores, [])
  t.diagnostic(
    `${calls.length} calls watched: ${onDisk.length} writes to disk, ${programs.length} programs ` +
      `started; ${secrets.length} secrets in 7 forms, 0 found; no core`,
  )
  assert.ok(onDisk.length > 0 && programs.length > 0)
  // Between daemon and renewer they may be, where the watch must see them.
  assert.ok(calls.some((call) => call.includes('canary-access')))
})
