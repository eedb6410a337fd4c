/** What the daemon and the follower of a host that shares its store take while nothing happens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Home, startDaemon } from '../support/daemon.ts'
import { startEtcdNode } from '../support/etcd/etcd-node.ts'
import { askForToken, createFleetKeys, createHost } from '../support/fleet/hosts.ts'
import { settledKiB, startBareServer } from '../support/idle-memory.ts'
import { signInThroughPage } from '../support/sign-in.ts'
import { accountToml, createWorld } from '../support/world.ts'
import { childPids, childPidsBy } from '../support/child-pids.ts'

const isNewer = Number(process.versions.node.split('.')[0]) >= 24
/** From Node 24 on what TLS and crypto load takes 7 MiB, where it takes 3 on Node 20. */
const mostOfFollower = isNewer ? 1.27 : 1.25
/**
 * A daemon without a fleet takes 1.14 on Node 20 and 1.17 on Node 24. What the follower says takes 1.3 MiB more of it,
 * and 2.5 on Node 24, half of which are pages of Node's program that it shares with the follower.
 */
const mostOfDaemon = isNewer ? 1.25 : 1.2

interface Ratios {
  daemon: number
  follower: number
}

/** Its follower, once that is its only child: the renewer has ended. */
async function onlyFollowerOf(daemonPid: number): Promise<number> {
  for (;;) {
    const [pid] = childPidsBy(daemonPid, 'follower')
    if (pid !== undefined && childPids(daemonPid).length === 1) return pid
    await delay(50)
  }
}

/** Of a host that has served a token, to a bare server of the same Node. */
async function measure(home: Home, user: string): Promise<Ratios> {
  const bare = await startBareServer(home)
  const daemon = await startDaemon(home)
  try {
    const daemonPid = daemon.process.pid ?? 0
    while ((await askForToken(home, user)) === '') await delay(50)
    const followerPid = await onlyFollowerOf(daemonPid)
    // What was taken is given back a second after it was.
    const [daemonKiB = 0, followerKiB = 0, bareKiB = 0] = await settledKiB(
      [daemonPid, followerPid, bare.pid],
      30,
    )
    return { daemon: daemonKiB / bareKiB, follower: followerKiB / bareKiB }
  } finally {
    bare.kill()
    await daemon.stop()
  }
}

function medianOf(ratios: number[]): number {
  return ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? Number.NaN
}

test('an idle host of a fleet takes little more memory than bare servers of Node', async (t) => {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  t.after(() => world.close())
  const cluster = await startEtcdNode()
  t.after(() => cluster.close())
  const { ca, caFile } = world.provider.certificates
  const accounts = accountToml(world, 'oidc')
  const home = await createHost({ cluster, keys: createFleetKeys(), caFile, accounts })
  t.after(() => home.remove())
  const first = await startDaemon(home)
  const { event } = await signInThroughPage(first.control, world.user, { ca })
  assert.equal(event, 'completed')
  await first.stop()
  const all: Ratios[] = []
  for (let start = 0; start < 3; start++) all.push(await measure(home, world.user))
  const daemon = medianOf(all.map((one) => one.daemon))
  const follower = medianOf(all.map((one) => one.follower))
  t.diagnostic(`daemon ${daemon.toFixed(3)}, follower ${follower.toFixed(3)} bare servers`)
  assert.ok(daemon <= mostOfDaemon, String(daemon))
  assert.ok(follower <= mostOfFollower, String(follower))
})
