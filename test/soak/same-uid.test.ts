/**
 * What another process of the same uid gets from the daemon and its renewer: no memory, no
 * environment, no descriptor, no trace; and 1,400 SIGUSR1, most of them while the two start, open no
 * debugger. Needs root (to be another uid than the tests' own) and python3. Takes two minutes.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createHome } from '../support/daemon.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import { requireRoot } from './require-root.ts'

const uid = 65_533
const setpriv = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'
const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')

/** How to start the daemon of an ordinary uid, all in one home. */
async function prepare(t: TestContext): Promise<() => ChildProcess> {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(account)
  for (const path of [home.directory, home.configFile]) chownSync(path, uid, uid)
  return () => {
    const daemon = spawn('setpriv', [...setpriv, program], {
      env: home.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    t.after(() => daemon.kill('SIGKILL'))
    return daemon
  }
}

/** Resolves when the daemon serves, or has ended. */
async function hasStarted({ stderr }: ChildProcess): Promise<boolean> {
  assert.ok(stderr)
  let printed = ''
  for await (const chunk of stderr.setEncoding('utf8')) {
    printed += String(chunk)
    if (printed.includes('daemon.started')) return true
  }
  return false
}

/** Each way into another process that Linux knows, and the error it ends with. */
const attack = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def errno(result): return 0 if result >= 0 else ctypes.get_errno()
def call(name, *arguments): return errno(getattr(libc, name)(*arguments))
def reading(file):
    try:
        with open(file, 'rb') as opened: opened.read(1)
        return 0
    except OSError as error: return error.errno
def linking(file):
    try: return len(os.listdir(file)) * 0
    except OSError as error: return error.errno
class Span(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
pid = int(sys.argv[1])
buffer = ctypes.create_string_buffer(8)
here, there = Span(ctypes.addressof(buffer), 8), Span(0x400000, 8)
attach, seize, pidfd_open, pidfd_getfd = 16, 0x4206, 434, 438
pidfd = libc.syscall(pidfd_open, pid, 0)
print({
    'mem': reading(f'/proc/{pid}/mem'), 'environ': reading(f'/proc/{pid}/environ'),
    'maps': reading(f'/proc/{pid}/maps'), 'auxv': reading(f'/proc/{pid}/auxv'),
    'fd': linking(f'/proc/{pid}/fd'), 'map_files': linking(f'/proc/{pid}/map_files'),
    'PTRACE_ATTACH': call('ptrace', attach, pid, 0, 0), 'PTRACE_SEIZE': call('ptrace', seize, pid, 0, 0),
    'process_vm_readv': call('process_vm_readv', pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0),
    'pidfd_getfd': call('syscall', pidfd_getfd, pidfd, 0, 0),
}.__repr__().replace("'", '"'))
`

test('every way into the memory of both processes is closed to their own uid', async (t) => {
  requireRoot()
  const daemon = (await prepare(t))()
  assert.ok(await hasStarted(daemon))
  const pid = daemon.pid ?? assert.fail('no daemon')
  for (const victim of [pid, findRenewerPid(pid) ?? assert.fail('no renewer')]) {
    assert.match(readFileSync(`/proc/${victim}/status`, 'utf8'), new RegExp(`^Uid:\\t${uid}`, 'm'))
    const argv = [...setpriv, '/usr/bin/python3', '-c', attack, String(victim)]
    const errors = JSON.parse(execFileSync('setpriv', argv, { encoding: 'utf8' })) as object
    t.diagnostic(`${victim === pid ? 'daemon' : 'renewer'}: ${JSON.stringify(errors)}`)
    const open = Object.entries(errors).filter(([, errno]) => errno !== 1 && errno !== 13)
    assert.deepEqual(open, [], 'neither EPERM (1) nor EACCES (13)')
  }
})

/** Listeners on 127.0.0.1:9229, Node's debugger. */
function debuggers(): string[] {
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => / 0100007F:240D .* 0A /.test(line))
}

/** True where it was sent; the process may be gone. */
function signal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGUSR1')
  } catch {
    return false
  }
}

/** The process that reads the configuration, later the renewer; undefined where there is none. */
function childOf(pid: number): number | undefined {
  try {
    return findRenewerPid(pid)
  } catch {
    return undefined
  }
}

const signals = 1_400
/** By then a process has said what it does with the signal; before, it may die of it. */
const latestMs = 120

test('1,400 SIGUSR1 at every moment of a start open no debugger', async (t) => {
  requireRoot()
  const launch = await prepare(t)
  const seen = { sent: 0, started: 0, ended: 0 }
  for (let round = 0; seen.sent < signals; round++) {
    const afterMs = (round * 0.35) % latestMs
    const daemon = launch()
    const pid = daemon.pid ?? assert.fail('no daemon')
    const exited = once(daemon, 'exit')
    const victims = new Set<number>()
    /** One to each process, at another moment of its life in each round. */
    const look = setInterval(() => {
      for (const victim of [pid, childOf(pid)]) {
        if (victim === undefined || victims.has(victim)) continue
        victims.add(victim)
        setTimeout(() => (seen.sent += Number(signal(victim))), afterMs)
      }
    }, 1)
    if (await hasStarted(daemon)) seen.started++
    else seen.ended++
    clearInterval(look)
    await delay(afterMs)
    assert.deepEqual(debuggers(), [], `round ${round}, ${afterMs} ms after the start`)
    daemon.kill('SIGKILL')
    await exited
  }
  t.diagnostic(
    `${seen.sent} signals: ${seen.started} starts went on, ${seen.ended} ended; 0 debuggers`,
  )
})
