/** Trouble that takes its time to be found: a server that hangs, names that cannot be resolved, a daemon without a token. */
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startDaemon } from '../support/daemon.ts'
import { assertAllSentInOrder, names, sendAll, startOutage } from '../support/outage.ts'

// What they wait for, they wait for at the same time.
describe('an outage', { concurrency: true }, () => {
  test('gmail-api: the way hangs, and opens again', async (t) => {
    const outage = await startOutage(t, 'gmail-api')
    await outage.gate.set('hangs')
    await sendAll(outage, names)
    await outage.daemon.logged(({ event }) => event === 'outbox.waits')
    await outage.gate.set('open')
    await assertAllSentInOrder(outage)
  })

  test('graph: the daemon is started meanwhile, and has no token', async (t) => {
    const outage = await startOutage(t, 'graph')
    await outage.gate.set('refuses')
    await sendAll(outage, names.slice(0, 2))
    await outage.daemon.stop()
    outage.daemon = await startDaemon(outage.world.home)
    await sendAll(outage, names.slice(2))
    await outage.daemon.logged(({ event }) => event === 'outbox.waits')
    await outage.gate.set('open')
    await assertAllSentInOrder(outage)
  })

  const canMount = spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/hosts', '/etc/hosts'])
  const skip = canMount.status === 0 ? false : 'needs root, to take the names away'

  test('gmail-api: no name can be resolved', { skip }, async (t) => {
    let hosts = ''
    const resolve = (isPossible: boolean) =>
      writeFileSync(hosts, isPossible ? '127.0.0.1 localhost\n::1 localhost\n' : '\n')
    const outage = await startOutage(t, 'gmail-api', ({ home }) => {
      const place = (name: string, text: string) => {
        writeFileSync(join(home.directory, name), text)
        return join(home.directory, name)
      }
      hosts = place('hosts', '')
      resolve(true)
      const files = [
        ['/etc/hosts', hosts],
        ['/etc/resolv.conf', place('resolv.conf', 'nameserver 127.0.0.1\noptions attempts:1\n')],
        ['/etc/nsswitch.conf', place('nsswitch.conf', 'hosts: files dns\n')],
      ] as const
      const mounts = files.map(([path, own]) => `mount --bind ${own} ${path}`).join(' && ')
      const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
      home.daemonProgram = place(
        'daemon',
        `#!/bin/sh\nexec unshare --mount sh -c 'export LISTEN_PID=$$; ${mounts} && exec ${program}'\n`,
      )
      chmodSync(home.daemonProgram, 0o755)
    })
    resolve(false)
    await sendAll(outage, names)
    await outage.daemon.logged(({ event }) => event === 'outbox.waits')
    resolve(true)
    await assertAllSentInOrder(outage)
  })
})
