/** What others of the same uid can learn from the running daemon and its renewer: nothing. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createHome, startDaemon } from '../support/daemon.ts'
import { measureIdleMemories } from '../support/idle-memory.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'

const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

async function start(t: TestContext) {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(`${account}client_secret = "canary-secret"\n`)
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  const pid = daemon.process.pid ?? assert.fail('no daemon')
  // The store was opened a moment ago, and its renewer idles for some seconds.
  const renewerPid = findRenewerPid(pid) ?? assert.fail('no renewer')
  return { daemon, home, pids: [pid, renewerPid] }
}

/** The addresses in /proc/net/tcp that somebody listens on. */
function listeningSockets(): string[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => / 0A /.test(line))
      .map((line) => line.trim().split(/\s+/)[1] ?? ''),
  )
}

test('SIGUSR1 opens a debugger in neither process', async (t) => {
  const { daemon, pids } = await start(t)
  for (const pid of pids) for (let i = 0; i < 20; i++) process.kill(pid, 'SIGUSR1')
  await daemon.control.accounts()
  await delay(200)
  // Node's debugger listens on 127.0.0.1:9229.
  const debuggers = listeningSockets().filter((address) => address === '0100007F:240D')
  assert.deepEqual(debuggers, [])
  assert.equal((await daemon.control.accounts()).pid, pids[0])
})

test('both processes leave at most one byte of core, and have no secret among their arguments', async (t) => {
  const { pids } = await start(t)
  for (const pid of pids) {
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +1 +1 /m)
    assert.doesNotMatch(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /canary/)
  }
})

test('environment and memory of both processes are closed to their own uid', async (t) => {
  const { pids } = await start(t)
  if (process.getuid?.() !== 0) {
    for (const pid of pids) {
      for (const file of ['environ', 'mem', 'maps']) {
        assert.throws(() => closeSync(openSync(`/proc/${pid}/${file}`, 'r')), { code: 'EACCES' })
      }
    }
    return
  }
  // Root may read all: it is the owner of the files that tells. The kernel gives those of a process
  // that is not dumpable to root, so this needs a daemon of an ordinary uid.
  const uid = 65_533
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(account)
  for (const path of [home.directory, home.configFile]) chownSync(path, uid, uid)
  const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
  const daemon = spawn('setpriv', [...ids, program], {
    env: home.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(daemon, 'exit')
  let printed = ''
  for await (const chunk of daemon.stderr.setEncoding('utf8')) {
    printed += String(chunk)
    if (printed.includes('daemon.started') || printed.includes('error')) break
  }
  assert.match(printed, /daemon\.started/)
  const pid = daemon.pid ?? assert.fail('no daemon')
  for (const closed of [pid, findRenewerPid(pid) ?? assert.fail('no renewer')]) {
    assert.match(readFileSync(`/proc/${closed}/status`, 'utf8'), new RegExp(`^Uid:\\t${uid}`, 'm'))
    for (const file of ['environ', 'mem', 'maps']) {
      assert.equal(statSync(`/proc/${closed}/${file}`).uid, 0)
      const read = () =>
        execFileSync('setpriv', [...ids, 'head', '-c1', `/proc/${closed}/${file}`], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      assert.throws(read, /Permission denied/)
    }
  }
  daemon.kill()
  await exited
})

test('the idle daemon takes at most a fifth more memory than a bare server of Node', async (t) => {
  const { daemonKiB, bareKiB, ratio } = await measureIdleMemories(5)
  t.diagnostic(`daemon ${daemonKiB} KiB, bare ${bareKiB} KiB, ratio ${ratio.toFixed(3)}`)
  assert.ok(ratio <= 1.2, `${daemonKiB} KiB and ${bareKiB} KiB`)
})
