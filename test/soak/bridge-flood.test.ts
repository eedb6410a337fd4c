/**
 * 10,000 silent connections and 200 half-open logins at a bridge, always as many, of the honest
 * program's own user and of another one: none of 60 honest logins takes a second. Takes four minutes,
 * root, and room for 26,000 open files (`ulimit -Hn`): where there is less, what fits is measured,
 * and the gate fails.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type BridgeWorld, createBridgeWorld } from '../support/bridge-world.ts'
import { LineClient } from '../support/line-client.ts'
import { percentile } from '../support/percentile.ts'
import { startHelper } from './start-helper.ts'

const silent = 10_000
const halfOpen = 200
const logins = 60
const limitMs = 1_000
/** A connection through the bridge takes two, and one user may hold four fifths. */
const neededFiles = ((silent + halfOpen) * 2 * 5) / 4 + 100
/** The bridge closes who is silent after 60 s. */
const openingS = 20
const nobody = '65534'

const openFiles = Number(
  /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1],
)

/** More than fit would be turned away and come again without end. */
const held = openFiles >= neededFiles ? silent : Math.floor(((openFiles - 1_000) * 4) / 5 / 2)

async function hold(t: TestContext, { port }: BridgeWorld, uid: string): Promise<void> {
  const begun = `EHLO x\r\nAUTH LOGIN\r\n`
  await Promise.all(
    [
      [held - halfOpen, ''],
      [halfOpen, begun],
    ].map(([count, text]) => {
      const args = [port, count, Number(count) / openingS, text, uid].map(String)
      return startHelper(t, 'connection-holder.ts', args)
    }),
  )
}

async function logIn({ port, user, password }: BridgeWorld): Promise<number> {
  const startedAt = performance.now()
  const client = new LineClient({ port, host: '127.0.0.1' })
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
  await client.say(`EHLO x\r\nAUTH PLAIN ${plain}\r\n`, /^235 .*\r\n/m)
  const ms = performance.now() - startedAt
  client.socket.destroy()
  return ms
}

for (const [whose, uid] of [
  ['the same user', String(process.getuid?.())],
  ['another user', nobody],
] as const) {
  test(`10,000 silent connections of ${whose} keep no login waiting`, async (t) => {
    const world = await createBridgeWorld()
    t.after(() => world.close())
    await logIn(world)
    await hold(t, world, uid)
    // Behind all of them, which are connected and not all accepted: from now on they are replaced.
    await logIn(world)
    const times: number[] = []
    while (times.length < logins) {
      times.push(await logIn(world))
      await delay(1_000)
    }
    const [p50, longest] = [percentile(times, 0.5), percentile(times, 1)]
    const slow = times.filter((ms) => ms >= limitMs).length
    t.diagnostic(`${held} connections, ${openFiles} open files`)
    t.diagnostic(`p50 ${p50.toFixed(0)} ms, longest ${longest.toFixed(0)} ms, ${slow} too slow`)
    assert.equal(slow, 0)
    assert.ok(openFiles >= neededFiles, `only ${openFiles} files may be open, not ${neededFiles}`)
  })
}
