import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Secret } from '../../src/logging/secret.ts'
import { testGrant } from '../renewer/store/test-grant.ts'
import type { Measurement } from '../soak/measure-answers.ts'
import { startHelper } from '../soak/start-helper.ts'
import { fillStore, fleetToml, fleetUsers, openFleetStore } from '../support/account-fleet.ts'
import { createHome, type Home, runClient } from '../support/daemon.ts'
import { residentKiB } from '../support/idle-memory.ts'
import { longToken } from '../support/mail-client-world.ts'
import { percentile } from '../support/percentile.ts'
import { LoadGenerator } from './load.ts'
import type { Bench, Row } from './row.ts'

const many = 10_000
const requests = 20_000
const saves = 200
/** It is answered at once with silence, whatever the tokens do: what it takes is how long the loop is held. */
const unknown = 'SMTP nobody@example.com\n'

type After = Parameters<typeof startHelper>[0]

interface Fleet {
  home: Home
  issuer: string
  users: readonly string[]
  pid: number
}

/** What the daemon and its store cost per account: 10,000 accounts, all fresh, beside one. */
export const manyAccounts: Bench = async ({ rounds }) => {
  const ends: (() => unknown)[] = []
  const t: After = { after: (end) => void ends.push(end as () => unknown) }
  try {
    const one = await startFleet(t, 1)
    const all = await startFleet(t, many)
    const memory = (residentKiB(all.pid) - residentKiB(one.pid)) / many
    const heap = ((await heapKiB(all)) - (await heapKiB(one))) / many
    return [
      { name: 'heap for each of 10,000 accounts, in KiB', ratios: [heap], goal: '<= 4' },
      { name: 'memory for each of 10,000 accounts, in KiB', ratios: [memory], goal: '-' },
      ...(await compare(rounds, one, all)),
      ...(await manage(t, rounds, all)),
    ]
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

async function startFleet(t: After, count: number): Promise<Fleet> {
  const users = fleetUsers(count)
  const args = ['3600', String(longToken), '0']
  const { said } = await startHelper<{ url: string; caFile: string }>(t, 'token-endpoint.ts', args)
  const home = await createHome(said.caFile)
  t.after(() => home.remove())
  await home.configure(fleetToml(users, said.url))
  await fillStore(home, users, said.url)
  const daemon = spawn(programThatTellsItsHeap(home), [], {
    env: home.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(daemon, 'exit')
  t.after(() => {
    daemon.kill()
    return ended
  })
  await untilRefreshed(daemon.stderr, count)
  return { home, issuer: said.url, users, pid: daemon.pid ?? 0 }
}

/** The daemon, which writes at SIGUSR2 how many bytes its heap has after a collection. */
function programThatTellsItsHeap({ directory }: Home): string {
  const program = join(directory, 'cms-oauthd')
  const text = `#!/usr/bin/env node
    process.on('SIGUSR2', () => {
      const { queryObjects, getHeapStatistics } = require('v8')
      queryObjects(WeakRef)
      const { writeFileSync, renameSync } = require('fs')
      const { used_heap_size: bytes } = getHeapStatistics()
      writeFileSync('${heapFile(directory)}.new', String(bytes))
      renameSync('${heapFile(directory)}.new', '${heapFile(directory)}')
    })
    require('${join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')}')`
  writeFileSync(program, text, { mode: 0o700 })
  return program
}

async function heapKiB({ pid, home }: Fleet): Promise<number> {
  const file = heapFile(home.directory)
  process.kill(pid, 'SIGUSR2')
  while (!existsSync(file)) await delay(20)
  return Number(readFileSync(file, 'utf8')) / 1_024
}

function heapFile(directory: string): string {
  return join(directory, 'heap')
}

/** Resolves when so many refreshes are in the log; reads on after that, so that it never fills up. */
function untilRefreshed(log: Readable, count: number): Promise<void> {
  let fresh = 0
  return new Promise((resolve) => {
    log.setEncoding('utf8').on('data', (text: string) => {
      fresh += text.split('"token.refreshed"').length - 1
      if (fresh >= count) resolve()
    })
  })
}

async function compare(rounds: number, one: Fleet, all: Fleet): Promise<Row[]> {
  const generator = new LoadGenerator(one.home.directory)
  const rate = async ({ home, users }: Fleet) => {
    const user = users[Math.floor(users.length / 2)] ?? ''
    const { seconds } = await generator.run(home.tokenSocket, 16, requests, `SMTP ${user}`)
    return requests / seconds
  }
  for (const fleet of [one, all]) await rate(fleet)
  const [rates, times]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const before = await rate(one)
    rates.push((await rate(all)) / before)
    times.push((await saveMs(all)) / (await saveMs(one)))
  }
  return [
    { name: 'requests/s, 10,000 accounts beside 1', ratios: rates, goal: '>= 0.90' },
    { name: 'one durable save, 10,000 accounts beside 1', ratios: times, goal: '<= 1.5' },
  ]
}

/** The middle one of many, in the directory of the daemon's store but of an issuer of its own. */
async function saveMs({ home, issuer, users }: Fleet): Promise<number> {
  const store = await openFleetStore(home, 'https://bench.example')
  const renewal = { kind: 'refresh_token', refreshToken: new Secret('refresh') } as const
  const times: number[] = []
  for (let save = 0; save < saves; save++) {
    const begun = performance.now()
    await store.save(testGrant({ user: users[save % users.length] ?? '', issuer, renewal }))
    times.push(performance.now() - begun)
  }
  await store.close()
  return percentile(times, 0.5)
}

/** Seconds of the commands, and for how many ms the longest of their steps holds up everybody else. */
async function manage(t: After, rounds: number, { home, pid }: Fleet): Promise<Row[]> {
  const rows: Row[] = []
  for (const command of ['status', 'reload']) {
    const prober = await startHelper(t, 'prober.ts', [home.tokenSocket, unknown, String(pid)])
    const seconds: number[] = []
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now()
      const { status } = await runClient(home, [command])
      if (status !== 0) throw new Error(`"${command}" exited with ${status}`)
      seconds.push((performance.now() - begun) / 1_000)
    }
    const { longestMs, longestWorkMs } = await prober.tell<Measurement>('report')
    const of = `${command}, 10,000 accounts`
    rows.push({ name: `${of}, in seconds`, ratios: seconds, goal: '<= 1' })
    const held = `${of}: the loop held, in ms of work`
    rows.push({ name: held, ratios: [longestWorkMs], goal: '<= 50' })
    // On a machine that does other things too it says what those take.
    const longest = `${of}: longest answer meanwhile, in ms`
    rows.push({ name: longest, ratios: [longestMs], goal: '-' })
  }
  return rows
}
