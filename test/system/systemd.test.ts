/** What the real daemon tells its supervisor (sd_notify(3)), and what the units say to systemd. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, describe, test } from 'node:test'
import { createHome, type Home, runProgram, startDaemon } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { openDatagramSocket, receiveDatagram } from '../support/unix-socket.ts'

const root = join(import.meta.dirname, '..', '..')
const portUnits = join(root, 'examples', 'bridge', 'systemd')
const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

async function prepare(t: TestContext) {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(account)
  const path = join(home.directory, 'notify')
  const fd = openDatagramSocket(path)
  t.after(() => closeSync(fd))
  return { home, fd, env: { NOTIFY_SOCKET: path } }
}

/** The next message that begins so; those of the watchdog come in between. */
async function receive(fd: number, start: string): Promise<string> {
  for (;;) {
    const message = await receiveDatagram(fd)
    if (message !== 'WATCHDOG=1' || start === message) {
      assert.ok(message.startsWith(start), `"${message}" instead of "${start}"`)
      return message
    }
  }
}

describe('the supervisor', () => {
  test('hears READY first, when the daemon serves, and STOPPING when it ends', async (t) => {
    const { home, fd, env } = await prepare(t)
    const started = startDaemon(home, env)
    assert.equal(await receiveDatagram(fd), 'READY=1')
    const daemon = await started
    assert.equal((await daemon.control.accounts()).accounts.length, 1)
    const stopped = daemon.stop()
    assert.equal(await receiveDatagram(fd), 'STOPPING=1')
    assert.equal(await stopped, 0)
  })

  test('hears WATCHDOG again and again', async (t) => {
    const { home, fd, env } = await prepare(t)
    const daemon = await startDaemon(home, { ...env, WATCHDOG_USEC: '200000' })
    t.after(() => daemon.stop())
    assert.equal(await receiveDatagram(fd), 'READY=1')
    assert.equal(await receiveDatagram(fd), 'WATCHDOG=1')
    assert.equal(await receiveDatagram(fd), 'WATCHDOG=1')
  })

  test('hears of a reload when it begins and when it ends, refused or not', async (t) => {
    const { home, fd, env } = await prepare(t)
    const daemon = await startDaemon(home, { ...env, WATCHDOG_USEC: '60000000' })
    t.after(() => daemon.stop())
    await receive(fd, 'READY=1')
    for (const toml of [account, 'broken']) {
      await home.configure(toml)
      const before = process.hrtime.bigint() / 1_000n
      daemon.process.kill('SIGHUP')
      const message = await receive(fd, 'RELOADING=1\nMONOTONIC_USEC=')
      const at = BigInt(message.split('=').at(-1) ?? '')
      assert.ok(at >= before && at <= process.hrtime.bigint() / 1_000n)
      await receive(fd, 'READY=1')
    }
    assert.equal((await daemon.control.accounts()).accounts.length, 1)
  })

  test('hears nothing of a daemon that cannot start, and gets 78', async (t) => {
    const { home, fd, env } = await prepare(t)
    await home.configure('nonsense = 1\n')
    const program = join(root, 'bin', 'cms-oauthd.js')
    const { status } = await runProgram(program, [], { ...home.env, ...env })
    assert.equal(status, 78)
    const daemon = await startDaemon(await repaired(home), env)
    t.after(() => daemon.stop())
    assert.equal(await receiveDatagram(fd), 'READY=1')
  })
})

async function repaired(home: Home): Promise<Home> {
  await home.configure(account)
  return home
}

/** The lines of a unit, by section. */
function unit(...path: string[]): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of readFileSync(join(root, 'systemd', ...path), 'utf8').split('\n')) {
    if (line.startsWith('[')) sections.set(line, (lines = []))
    else if (line !== '' && !line.startsWith('#')) lines.push(line)
  }
  return sections
}

/** What was booted together in systemd 252: test/soak/systemd.test.ts. */
const confinement = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'ProtectSystem=strict',
  'ProtectHome=tmpfs',
  'PrivateTmp=yes',
  'PrivateMounts=yes',
  'PrivateDevices=yes',
  'DevicePolicy=closed',
  'ProtectProc=invisible',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'KeyringMode=private',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service @pkey',
  'SystemCallFilter=~@privileged @resources',
  'SystemCallErrorNumber=EPERM',
  'MemorySwapMax=0',
]

describe('the units', () => {
  for (const [scope, directory] of [
    ['--system', 'systemd'],
    ['--user', 'systemd/user'],
  ] as const) {
    test(`pass systemd-analyze ${scope} verify without a word`, async (t) => {
      const home = await createHome()
      t.after(() => home.remove())
      const runtime = home.env['XDG_RUNTIME_DIR'] ?? ''
      // On a machine without a user's manager systemd-analyze needs this directory.
      mkdirSync(join(runtime, 'systemd'), { recursive: true, mode: 0o700 })
      const units = ['service', 'socket'].map((kind) => join(root, directory, `cms-oauthd.${kind}`))
      const analyze = installedProgram('systemd-analyze', 'systemd')
      const { status, stdout, stderr } = spawnSync(
        analyze,
        [scope, '--man=no', '--recursive-errors=yes', 'verify', ...units],
        { env: home.env, encoding: 'utf8' },
      )
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    })

    test(`bring a ${scope} daemon back after a crash, never after what a restart does not fix`, () => {
      const path = scope === '--user' ? ['user'] : []
      const service = unit(...path, 'cms-oauthd.service')
      const socket = unit(...path, 'cms-oauthd.socket')
      assert.ok(service.get('[Unit]')?.includes('StartLimitIntervalSec=0'))
      for (const line of [
        'Type=notify',
        'Restart=always',
        'RestartSec=100ms',
        'RestartPreventExitStatus=64 78 126 127',
        'WatchdogSec=30',
        'UMask=0077',
        'LimitCORE=1',
      ]) {
        assert.ok(service.get('[Service]')?.includes(line), line)
      }
      assert.ok(socket.get('[Socket]')?.includes('TriggerLimitIntervalSec=30s'))
      assert.ok(socket.get('[Socket]')?.includes('TriggerLimitBurst=20'))
    })
  }

  const units = {
    'cms-oauthd-smtp.socket': 25,
    'cms-oauthd-imap.socket': 143,
    'cms-oauthd-submission.socket': 587,
    'cms-oauthd-imaps.socket': 993,
  }
  test('of examples/bridge/systemd are one a port', () => {
    assert.deepEqual(readdirSync(portUnits).toSorted(), Object.keys(units).toSorted())
  })

  for (const [file, port] of Object.entries(units)) {
    test(`of examples/bridge/systemd gives port ${port} to the service, ${file}`, async (t) => {
      const home = await createHome()
      t.after(() => home.remove())
      const files = [join(portUnits, file), join(root, 'systemd', 'cms-oauthd.service')]
      const { status, stdout, stderr } = spawnSync(
        installedProgram('systemd-analyze', 'systemd'),
        ['--system', '--man=no', '--recursive-errors=yes', 'verify', ...files],
        { env: { ...home.env, SYSTEMD_UNIT_PATH: `${join(root, 'systemd')}:` }, encoding: 'utf8' },
      )
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
      const text = readFileSync(join(portUnits, file), 'utf8')
      const name = file.replace(/^cms-oauthd-|\.socket$/g, '')
      assert.match(text, new RegExp(`^ListenStream=127\\.0\\.0\\.1:${port}$`, 'm'))
      assert.match(text, new RegExp(`^FileDescriptorName=${name}$`, 'm'))
      assert.match(text, /^Service=cms-oauthd\.service$/m)
    })
  }

  test('give a system daemon nothing that it does not need', () => {
    const service = unit('cms-oauthd.service').get('[Service]') ?? []
    for (const line of confinement) assert.ok(service.includes(line), line)
    // What was tried and does not work: see systemd/README.md.
    for (const key of ['PrivateUsers', 'MemoryDenyWriteExecute']) {
      assert.ok(!service.some((line) => line.startsWith(`${key}=`)), key)
    }
    const analyze = installedProgram('systemd-analyze', 'systemd')
    const path = join(root, 'systemd', 'cms-oauthd.service')
    const args = ['security', '--offline=true', '--no-pager', '--threshold=13', path]
    const { status, stdout, stderr } = spawnSync(analyze, args, { encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
  })

  test('let a stop take as long as an exchange with a provider may', () => {
    for (const path of [[], ['user']]) {
      const service = unit(...path, 'cms-oauthd.service').get('[Service]') ?? []
      assert.ok(service.includes('TimeoutStopSec=6min'))
      // With "mixed" systemd kills the renewer as soon as the daemon is gone.
      assert.ok(!service.some((line) => line.startsWith('KillMode=')))
    }
  })

  test('ask of a user’s manager nothing that it cannot do', () => {
    const service = unit('user', 'cms-oauthd.service').get('[Service]') ?? []
    const needsNamespace = /^(Private|Protect|ReadWritePaths|ReadOnlyPaths|Inaccessible|Capability)/
    assert.deepEqual(
      service.filter((line) => needsNamespace.test(line)),
      [],
    )
  })

  test('have a socket for mail of the machine, which all may open, beside the others', async (t) => {
    const home = await createHome()
    t.after(() => home.remove())
    const files = ['cms-oauthd-outbox.socket', 'cms-oauthd.service'].map((name) =>
      join(root, 'systemd', name),
    )
    const { status, stdout, stderr } = spawnSync(
      installedProgram('systemd-analyze', 'systemd'),
      ['--system', '--man=no', '--recursive-errors=yes', 'verify', ...files],
      { env: { ...home.env, SYSTEMD_UNIT_PATH: `${join(root, 'systemd')}:` }, encoding: 'utf8' },
    )
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    const socket = unit('cms-oauthd-outbox.socket').get('[Socket]') ?? []
    for (const line of [
      'ListenStream=/run/cms-oauth/outbox.sock',
      'FileDescriptorName=outbox',
      'SocketMode=0666',
      'DirectoryMode=0755',
      'Service=cms-oauthd.service',
    ]) {
      assert.ok(socket.includes(line), line)
    }
  })

  test('start with the service each further socket, which may have failed of a bad configuration', () => {
    const folders = ['systemd', 'examples/bridge/systemd', 'examples/exim4/relay-only']
    const files = folders.flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.socket') && name !== 'cms-oauthd.socket')
        .map((name) => join(root, folder, name)),
    )
    assert.equal(files.length, Object.keys(units).length + 2)
    for (const file of files) {
      assert.match(
        readFileSync(file, 'utf8'),
        /^WantedBy=sockets\.target cms-oauthd\.service$/m,
        file,
      )
    }
    assert.ok(unit('cms-oauthd.service').get('[Unit]')?.includes('Requires=cms-oauthd.socket'))
  })

  test('keep the control socket out of the directory of the token sockets', () => {
    // A RuntimeDirectory= of the service is removed when it stops, and the sockets in it.
    const service = unit('cms-oauthd.service').get('[Service]') ?? []
    const socket = unit('cms-oauthd.socket').get('[Socket]') ?? []
    assert.ok(service.includes('RuntimeDirectory=cms-oauthd'))
    assert.ok(service.includes('Environment=CMS_OAUTH_CONTROL=/run/cms-oauthd/control.sock'))
    assert.ok(socket.includes('ListenStream=/run/cms-oauth/cms.sock'))
    const userService = unit('user', 'cms-oauthd.service').get('[Service]') ?? []
    assert.ok(!userService.some((line) => line.startsWith('RuntimeDirectory=')))
  })
})
