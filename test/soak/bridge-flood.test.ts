/**
 * 10,000 silent connections and 200 half-open logins at a bridge, always as many, of the honest
 * program's own user and of another one: none of 60 honest logins takes a second, or, on a machine
 * where a bare Node server takes longer in the same flood, three times as long as there. Takes six
 * minutes, root, and room for 13,000 open files (`ulimit -Hn`): where there is less, what fits is
 * measured, and the gate fails.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { LineClient } from '../support/line-client.ts'
import { percentile } from '../support/percentile.ts'
import { startHelper } from './start-helper.ts'

const silent = 10_000
const halfOpen = 200
const logins = 60
const limitMs = 1_000
/** Of what a bare Node server takes: beside it, the bridge logs in at another server by TLS. */
const limitRatio = 3
/** One user may hold four fifths of what is there without the 64 in reserve. */
const neededFiles = ((silent + halfOpen) * 5) / 4 + 100
/** The bridge closes who is silent after 60 s. */
const openingS = 20
const nobody = '65534'

const openFiles = Number(
  /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1],
)

/** More than fit would be turned away and come again without end. */
const held = openFiles >= neededFiles ? silent : Math.floor(((openFiles - 1_000) * 4) / 5)

/** Where an honest program logs in, and as whom. */
interface Target {
  port: number
  user: string
  password: string
}

async function hold(t: TestContext, { port }: Target, uid: string): Promise<void> {
  const begun = `EHLO x\r\nAUTH LOGIN\r\n`
  await Promise.all(
    [
      [held, ''],
      [halfOpen, begun],
    ].map(([count, text]) => {
      const args = [port, count, Number(count) / openingS, text, uid].map(String)
      return startHelper(t, 'connection-holder.ts', args)
    }),
  )
}

async function logIn({ port, user, password }: Target): Promise<number> {
  const startedAt = performance.now()
  const client = new LineClient({ port, host: '127.0.0.1' })
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
  await client.say(`EHLO x\r\nAUTH PLAIN ${plain}\r\n`, /^235 .*\r\n/m)
  const ms = performance.now() - startedAt
  client.socket.destroy()
  return ms
}

/** How long logins take while connections of this user are held, the fastest first. */
async function timesIn(t: TestContext, target: Target, uid: string): Promise<number[]> {
  await logIn(target)
  await hold(t, target, uid)
  // Behind all of them, which are connected and not all accepted: from now on they are replaced.
  await logIn(target)
  const times: number[] = []
  while (times.length < logins) {
    times.push(await logIn(target))
    await delay(1_000)
  }
  return times.toSorted((a, b) => a - b)
}

function tell(t: TestContext, what: string, times: readonly number[]): void {
  const [p50, p95, longest] = [0.5, 0.95, 1].map((share) => percentile(times, share).toFixed(0))
  t.diagnostic(`${what}: p50 ${p50} ms, p95 ${p95} ms, longest ${longest} ms`)
}

let bareLongestMs = 0

test('a bare Node server in the same flood', async (t) => {
  const { said: port } = await startHelper<number>(t, 'bare-submission-server.ts')
  const times = await timesIn(t, { port, user: 'user', password: 'any' }, nobody)
  tell(t, `${held} connections, ${openFiles} open files`, times)
  bareLongestMs = percentile(times, 1)
})

for (const [whose, uid] of [
  ['the same user', String(process.getuid?.())],
  ['another user', nobody],
] as const) {
  test(`10,000 silent connections of ${whose} keep no login waiting`, async (t) => {
    const world = await createBridgeWorld()
    t.after(() => world.close())
    const times = await timesIn(t, world, uid)
    tell(t, `${held} connections, ${openFiles} open files`, times)
    const limit = Math.max(limitMs, limitRatio * bareLongestMs)
    const slow = times.filter((ms) => ms >= limit)
    assert.deepEqual(slow, [], `longer than ${limit.toFixed(0)} ms`)
    assert.ok(openFiles >= neededFiles, `only ${openFiles} files may be open, not ${neededFiles}`)
  })
}
