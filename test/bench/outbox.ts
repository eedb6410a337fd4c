import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeFileDurably } from '../../src/files/durable-file.ts'
import { residentKiB } from '../support/idle-memory.ts'
import { findChild } from '../support/outbox-stage.ts'
import { percentile } from '../support/percentile.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import type { Bench } from './row.ts'

/** In turns: a disk that others write to as well is six times as fast in one second as in the next. */
const perTurn = 50
const turns = 20
const many = 10_000
const atOnce = 8
const message = `Subject: backup\n\n${'All is well.\n'.repeat(150)}`
/** An outbox of which one message is sent, and the others wait: sending does not disturb what is measured. */
export const outboxToml = (world: World): string =>
  `[[outbox]]\naccount = "${world.user}"\nvia = "smtp"\nhost = "localhost:${world.mail.port}"\n` +
  `aliases = { root = "me@example.org" }\nper_hour = 1\nquota_messages = 1000000\nquota_size = "1GiB"\ndigest_above = 0\n`

/** What an outbox takes in a second beside bare durable files, and the memory of its processes beside a bare Node. */
export const outbox: Bench = async ({ rounds }) => {
  const world = await createWorld()
  const daemon = await startSignedIn(world, `${accountToml(world)}${outboxToml(world)}`)
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log()'], {
    env: { PATH: world.home.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(bare.stdout, 'data')
    const socket = join(world.home.directory, 'run', 'cms-oauth', 'outbox.sock')
    const pidOf = async (name: string) => {
      for (;;) {
        const pid = findChild(`cms-oauth-${name}`, daemon)
        if (pid !== undefined) return pid
        await delay(10)
      }
    }
    const beside = (pid: number) => residentKiB(pid) / residentKiB(bare.pid ?? 0)
    const child = await pidOf('outbox')
    const idle = beside(child)
    await handOver(socket, 1)
    // Before that it has not loaded what it sends with; afterwards it waits for more.
    await daemon.logged(({ event }) => event === 'outbox.delivered')
    const sender = beside(await pidOf('sender'))
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) {
      const ratios: number[] = []
      for (let turn = 0; turn < turns; turn++) {
        const bareRate = durableFilesPerSecond(join(world.home.directory, 'bare'))
        ratios.push((await handOver(socket, perTurn)) / bareRate)
      }
      rates.push(percentile(ratios, 0.5))
    }
    const spool = join(world.home.stateDirectory, 'outbox', 'outbox', 'new')
    await handOver(socket, many - readdirSync(spool).length)
    return [
      { name: 'outbox: messages accepted in a second', ratios: rates, goal: '>= 0.5' },
      { name: 'outbox: memory idle', ratios: [idle], goal: '<= 1.4' },
      { name: 'outbox: memory with 10,000 messages', ratios: [beside(child)], goal: '<= 2.5' },
      { name: 'outbox: memory of the sender', ratios: [sender], goal: '<= 1.5' },
    ]
  } finally {
    bare.kill()
    await daemon.stop()
    await world.close()
  }
}

/** Hands over so many, some at a time; resolves with how many that is in a second. */
async function handOver(socketPath: string, count: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const begun = performance.now()
  let left = count
  const work = async () => {
    while (left-- > 0) await handOne(socketPath, agent)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  agent.destroy()
  return count / ((performance.now() - begun) / 1_000)
}

function handOne(socketPath: string, agent: Agent): Promise<void> {
  const head = { id: randomUUID(), program: 'sendmail', arguments: ['root'], size: message.length }
  const body = `${JSON.stringify(head)}\n${message}`
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) }
    const path = '/v1/messages'
    const asked = request({ socketPath, path, method: 'POST', headers, agent }, (answer) => {
      answer.resume()
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`the outbox answered ${answer.statusCode}`))
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

function durableFilesPerSecond(directory: string): number {
  mkdirSync(directory, { recursive: true })
  const bytes = randomBytes(message.length)
  const begun = performance.now()
  for (let file = 0; file < perTurn; file++) {
    writeFileDurably(join(directory, `${file}`), bytes)
  }
  return perTurn / ((performance.now() - begun) / 1_000)
}
