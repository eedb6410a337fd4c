import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { outboxToml } from './outbox.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'
import type { Bench } from './row.ts'

interface Case {
  name: string
  /** Absent: the client. */
  program?: string
  args: string[]
  goal: string
  input?: string
  /** What is waited for, while the provider in this process can answer. Absent: the end, with all of it at rest. */
  until?: 'first byte' | 'end'
}

const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
const prototype = join(import.meta.dirname, 'bare-client.cjs')
const startsPerRound = 5

/** What a mail program or a person waits for, beside a Node that does nothing. */
export const clientStart: Bench = async ({ rounds }) => {
  const world = await createWorld()
  const daemon = await startSignedIn(world, `${accountToml(world)}${outboxToml(world)}`)
  const cases: Case[] = [
    { name: 'client, token on stdout', args: [`--user=${world.user}`], goal: '<= 1.25' },
    {
      name: 'client, a prototype',
      program: prototype,
      args: [world.home.tokenSocket, `SMTP ${world.user}`],
      goal: '-',
    },
    {
      name: 'sendmail, a message accepted',
      args: ['sendmail', 'root'],
      input: 'Subject: backup\n\nAll is well.\n',
      // With the disk in it: see sendmail-start.ts.
      goal: '-',
    },
    { name: 'cms-oauth --version', args: ['--version'], goal: '<= 1.6' },
    { name: 'cms-oauth --help', args: ['--help'], goal: '<= 1.6' },
    { name: 'cms-oauth status', args: ['status'], goal: '<= 2.0' },
    {
      name: 'cms-oauth doctor, to the first line',
      args: ['doctor'],
      goal: '<= 3',
      until: 'first byte',
    },
    {
      name: 'cms-oauth doctor, all checks',
      args: ['doctor'],
      goal: 'what they take',
      until: 'end',
    },
    {
      name: 'cms-oauth init, to the first line',
      args: ['init'],
      goal: '<= 3',
      until: 'first byte',
    },
  ]
  // NODE_EXTRA_CA_CERTS costs every Node that reads it 40 ms; the program's first line drops it.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = world.home.env
  const ratios = new Map<Case, number[]>(cases.map((each) => [each, []]))
  try {
    for (let round = 0; round < rounds; round++) {
      // Each beside a bare one that is started and waited for in the same way.
      const bareMs = await meanOf(() => msOf({ args: ['-e', '0'] }, env))
      const bareBesideMs = await meanOf(() => msOf({ args: ['-e', '0'], until: 'end' }, env))
      for (const [each, list] of ratios) {
        const ms = await meanOf(() => {
          const args = [each.program ?? client, ...each.args]
          return msOf({ ...each, args }, env)
        })
        list.push(ms / (each.until === undefined ? bareMs : bareBesideMs))
      }
    }
  } finally {
    await daemon.stop()
    await world.close()
  }
  return [...ratios].map(([{ name, goal }, list]) => ({ name, ratios: list, goal }))
}

async function meanOf(measure: () => number | Promise<number>): Promise<number> {
  let sum = 0
  for (let start = 0; start < startsPerRound; start++) sum += await measure()
  return sum / startsPerRound
}

function msOf(
  { args, input, until }: Pick<Case, 'args' | 'input' | 'until'>,
  env: NodeJS.ProcessEnv,
): number | Promise<number> {
  return until === undefined ? runMs(args, env, input) : untilMs(until, args, env)
}

function runMs(args: string[], env: NodeJS.ProcessEnv, input?: string): number {
  const begun = performance.now()
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const { status } = spawnSync(process.execPath, args, {
    env,
    stdio: [stdin, 'ignore', 'ignore'],
    ...(input === undefined ? {} : { input }),
  })
  if (status !== 0) throw new Error(`"${args.join(' ')}" exited with ${status}`)
  return performance.now() - begun
}

async function untilMs(
  until: 'first byte' | 'end',
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const begun = performance.now()
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = once(child, 'exit')
  if (until === 'first byte') {
    await once(child.stdout, 'data')
    const ms = performance.now() - begun
    child.kill()
    await ended
    return ms
  }
  child.stdout.resume()
  const [status] = (await ended) as [number | null]
  if (status !== 0) throw new Error(`"${args.join(' ')}" exited with ${status}`)
  return performance.now() - begun
}
