/** kill -9 of the processes that a message goes through, while programs hand over one after the other. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { parseEntryHead } from '../../src/spool/entry.ts'
import { runClient, type RunningDaemon, startDaemon } from './daemon.ts'
import { type ApiStage, emptied, findChild, startApiStage, waitingIn } from './outbox-stage.ts'
import type { ReadMessage } from './sent-message.ts'

const victims = ['daemon', 'outbox', 'sender'] as const
/** A message takes about as long from the client's start to its end. */
const latestMs = 150
/** What waits for a digest takes as long as a few of them and a reload. */
const latestForDigestMs = 1_500
const lines = 'retry = ["1s"]\nquota_messages = 1000000\n'
/** So many may be sent in an hour: of all that wait one more each time that it is raised, and then it falls. */
const unlimited = 1_000_000
const mostPerHour = 5

/** In bytes of a request: more than a message has, and less than a digest. */
const largest = 1_500

const limits = (perHour: number) => `per_hour = ${perHour}\ndigest_above = 2\n`

/** What a run came to. */
export interface KillReport {
  acknowledged: number
  /** Kept by the client for its next call, as nobody was there for 10 s. */
  kept: number
  /** That arrived in a digest. */
  digested: number
  /** Digests that the provider refused. */
  refused: number
  /** Copies beyond the first. */
  duplicates: number
  kills: Record<(typeof victims)[number], number>
}

/**
 * Kills so many times in turn, while so many programs hand over; fails where a message is lost, or arrives
 * twice other than by a sender that died between answer and unlink.
 */
export async function runKills(
  t: TestContext,
  {
    count,
    submitters,
    makesDigests = false,
    refusesDigests = false,
  }: {
    count: number
    submitters: number
    makesDigests?: boolean
    /** Every other one is refused. */
    refusesDigests?: boolean
  },
): Promise<KillReport> {
  const first = makesDigests ? 1 : unlimited
  const stage = await startApiStage(t, 'graph', () => '', `${lines}${limits(first)}`)
  const { home } = stage.world
  let large = 0
  const isRefused = new Map<number, boolean>()
  stage.api.isTooLarge = (bytes) => {
    if (!refusesDigests || bytes <= largest) return false
    // One that it took is not refused when it comes again, after its sender died: that would be sent in parts too.
    const known = isRefused.get(bytes) ?? large++ % 2 === 0
    isRefused.set(bytes, known)
    return known
  }
  const configuration = readFileSync(home.configFile, 'utf8')
  const allow = async (perHour: number) => {
    // A daemon that starts meanwhile reads one or the other.
    const written = `${home.configFile}.new`
    const mode = 0o600
    writeFileSync(written, configuration.replace(limits(first), limits(perHour)), { mode })
    renameSync(written, home.configFile)
    // Nobody answers while the daemon is being killed.
    await runClient(home, ['reload'])
  }
  const acknowledged = new Set<string>()
  const kept = new Set<string>()
  /** By Message-ID, how often its sender died after the provider had taken it. */
  const excused = new Map<string, number>()
  const kills = { daemon: 0, outbox: 0, sender: 0 }
  const run = { isOver: false }
  const submit = async (submitter: number) => {
    for (let number = 1; !run.isOver; number++) {
      const name = `message ${submitter}.${number}`
      const message = `Subject: ${name}\n\n${name}\n`
      const { status, stderr } = await runClient(stage.world.home, ['sendmail', 'root'], message)
      const isKept = status === 75 && stderr.includes('the message is kept in')
      assert.ok(status === 0 || isKept, `${name}: ${status} ${stderr}`)
      if (isKept) kept.add(name)
      else acknowledged.add(name)
    }
  }
  const submitting = Promise.all(Array.from({ length: submitters }, (_, index) => submit(index)))
  const killing = (async () => {
    for (let round = 0; round < count; round++) {
      const victim = victims[round % victims.length] ?? 'daemon'
      // Every other sender dies just after it was answered.
      if (victim === 'sender' && round % 2 === 0) await stage.api.taken(stage.api.sent.length + 1)
      else await delay((round * 37) % (makesDigests ? latestForDigestMs : latestMs))
      await kill(stage, victim)
      kills[victim] += 1
      if (victim !== 'sender') continue
      await stage.api.settled()
      for (const id of takenAndWaiting(stage)) add(excused, id)
    }
  })()
  const raise = async () => {
    for (let round = 1; !run.isOver; round++) {
      // What was in a digest goes first: each time all of it, so that there is another one.
      const all = round % 2 === 0 ? first : unlimited
      await allow(refusesDigests ? all : 1 + (round % mostPerHour))
    }
  }
  const allowing = makesDigests ? raise() : Promise.resolve()
  try {
    await Promise.race([killing, submitting])
    await killing
  } finally {
    run.isOver = true
    await Promise.all([submitting, allowing])
  }
  if (makesDigests) await allow(unlimited)
  // Hands over what the others kept.
  if (kept.size > 0) assert.equal(await stage.send(), 0)
  await emptied(stage.spool)
  const copies = new Map<string, string[]>()
  let digested = 0
  for (const { read, bytes } of stage.api.sent) {
    const names = namesIn(bytes)
    if (fieldOf(read, 'content-type').startsWith('multipart/mixed')) digested += names.length
    for (const name of names) {
      copies.set(name, [...(copies.get(name) ?? []), fieldOf(read, 'message-id')])
    }
  }
  const lost = [...acknowledged, ...kept].filter((name) => !copies.has(name))
  assert.deepEqual(lost, [])
  for (const [name, [id = '', ...others]] of copies) {
    assert.ok(
      others.every((other) => other === id),
      `${name}: another Message-ID`,
    )
    assert.ok(
      others.length <= (excused.get(id) ?? 0),
      `${name} was sent ${others.length + 1} times`,
    )
  }
  assert.deepEqual(readdirSync(join(stage.spool, 'failed')), [])
  return {
    acknowledged: acknowledged.size,
    kept: kept.size,
    digested,
    refused: Math.ceil(large / 2),
    duplicates: [...copies.values()].reduce((sum, { length }) => sum + length - 1, 0),
    kills,
  }
}

async function kill(stage: ApiStage, victim: (typeof victims)[number]): Promise<void> {
  if (victim === 'daemon') {
    await stage.daemon.stop('SIGKILL')
    stage.daemon = await startPatiently(stage)
    return
  }
  let pid: number | undefined
  while ((pid = findChild(`cms-oauth-${victim}`, stage.daemon)) === undefined) await delay(5)
  process.kill(pid, 'SIGKILL')
  while (findChild(`cms-oauth-${victim}`, stage.daemon) === pid) await delay(1)
}

/** As a service manager does: a machine that is busy may not give it the time that its start has. */
async function startPatiently(stage: ApiStage): Promise<RunningDaemon> {
  for (;;) {
    try {
      return await startDaemon(stage.world.home)
    } catch (error) {
      if (!String(error).includes('no answer within')) throw error
    }
  }
}

/** The Message-IDs of what the provider has, and the spool too. */
function takenAndWaiting({ api, spool }: ApiStage): string[] {
  const taken = new Set(api.sent.map(({ read }) => fieldOf(read, 'message-id')))
  return waitingIn(spool)
    .map((id) => messageIdOf(join(spool, 'new', id)))
    .filter((id) => taken.has(id))
}

/** Empty where it is gone by now: another sender goes on, and a digest may be made of it. */
function messageIdOf(path: string): string {
  try {
    return parseEntryHead(readFileSync(path))?.message_id ?? ''
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return ''
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Of the message, or of those that a digest holds. */
function namesIn(bytes: Buffer): string[] {
  return Array.from(
    bytes.toString('latin1').matchAll(/^Subject: (\w+ ?[\d.]*)\r$/gm),
    ([, name = '']) => name,
  )
}

function fieldOf({ fields }: ReadMessage, wanted: string): string {
  return fields.find(({ name }) => name === wanted)?.value ?? ''
}
