/** How large a fleet may be: a start with 10,000 shared tokens, and what the follower takes of the memory. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fleetKeyOf } from '../../src/fleet/fleet-keys.ts'
import { encodeFleetRecord } from '../../src/fleet/fleet-records.ts'
import { sealToken } from '../../src/fleet/token-record.ts'
import { loadTokenKey } from '../../src/sealing/master-key.ts'
import { fleetToml, fleetUsers } from '../support/account-fleet.ts'
import { createTestCertificates } from '../support/certificates.ts'
import { type Home, startDaemon } from '../support/daemon.ts'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { prefix } from '../support/etcd/users.ts'
import { askForToken, createFleetKeys, createHost } from '../support/fleet/hosts.ts'
import { residentKiB } from '../support/idle-memory.ts'

const count = 10_000
const users = fleetUsers(count)
const url = 'https://login.example.com'
const hour = 3_600_000

/** A token of 1.5 KB for each, as Microsoft's are. */
async function fill(node: EtcdNode, home: Home): Promise<void> {
  const key = await loadTokenKey({ from: 'file', path: join(home.directory, 'token.key') })
  const client = createClient(node)
  const now = Date.now()
  const operation = (user: string, index: number) => {
    const token = {
      accessToken: `canary-access-${index}-`.padEnd(1_500, 'x'),
      fingerprint: '',
      expiresAt: now + hour,
      lifetimeMs: hour,
      scopes: ['mail'],
      isDurable: true,
      number: 1,
      signedInAt: now,
    }
    const head = { n: 1, by: 'another host', at: now }
    const value = encodeFleetRecord(head, sealToken(user, token, key))
    return { put: fleetKeyOf(prefix, 'token', user), value }
  }
  for (let start = 0; start < count; start += 100) {
    const success = users
      .slice(start, start + 100)
      .map((user, index) => operation(user, start + index))
    await client.transact({ compare: [], success })
  }
  client.close()
}

/** The child of a process that has this name. */
function childOf(parent: number, name: string): number {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  const found = pids.find((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const isChild = stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(parent)
      return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name)
    } catch {
      return false
    }
  })
  assert.ok(found !== undefined, `there is no ${name}`)
  return Number(found)
}

async function bareNodeKiB(): Promise<number> {
  const script = "require('net').createServer().listen(0, () => console.log())"
  const bare = spawn(process.execPath, ['-e', script], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(bare.stdout, 'data')
  const kiB = await settledKiB(bare.pid ?? 0)
  bare.kill()
  return kiB
}

/** What a process holds when that no longer changes. */
async function settledKiB(pid: number): Promise<number> {
  let last = residentKiB(pid)
  for (let same = 0; same < 4;) {
    await setTimeout(1_000)
    const next = residentKiB(pid)
    same = Math.abs(next - last) < 64 ? same + 1 : 0
    last = next
  }
  return last
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}

test('a host has 10,000 tokens seconds after its start, and a small follower', async (t) => {
  const node = await startEtcdNode()
  t.after(() => node.close())
  const certificates = await createTestCertificates()
  t.after(() => certificates.remove())
  const common = { cluster: node, keys: createFleetKeys(), caFile: certificates.caFile }
  const first = await createHost({ ...common, accounts: fleetToml(users.slice(0, 1), url) })
  t.after(() => first.remove())
  // The first start makes a store of the engine.
  const founder = await startDaemon(first)
  while (!(await founder.control.accounts()).shared_store?.is_listed) await setTimeout(100)
  const small = await settledKiB(childOf(founder.process.pid ?? 0, 'cms-oauth-follower'))
  await founder.stop()
  await fill(node, first)

  const home = await createHost({ ...common, role: 'serve', accounts: fleetToml(users, url) })
  t.after(() => home.remove())
  const beganAt = performance.now()
  const daemon = await startDaemon(home)
  const servesAfterMs = performance.now() - beganAt
  const last = users.at(-1) ?? ''
  while ((await askForToken(home, last)) === '') await setTimeout(50)
  while (!(await daemon.control.accounts()).shared_store?.is_listed) await setTimeout(50)
  const hasAllAfterMs = performance.now() - beganAt
  for (const user of [users[0] ?? '', users[count / 2] ?? '', last]) {
    assert.match(await askForToken(home, user), /canary-access/)
  }
  const follower = childOf(daemon.process.pid ?? 0, 'cms-oauth-follower')
  const [kiB, bareKiB] = [await settledKiB(follower), await bareNodeKiB()]
  const daemonKiB = residentKiB(daemon.process.pid ?? 0)
  await daemon.stop()
  t.diagnostic(
    `serves after ${seconds(servesAfterMs)} s, has 10,000 tokens after ${seconds(hasAllAfterMs)} s`,
  )
  t.diagnostic(
    `follower of one account ${(small / 1024).toFixed(1)} MiB, ${(small / bareKiB).toFixed(2)} x bare Node (${(bareKiB / 1024).toFixed(1)})`,
  )
  t.diagnostic(
    `follower of 10,000 ${(kiB / 1024).toFixed(1)} MiB, its daemon ${(daemonKiB / 1024).toFixed(1)} MiB`,
  )
  assert.ok(hasAllAfterMs < 30_000)
  assert.ok(small / bareKiB <= 1.25)
})
