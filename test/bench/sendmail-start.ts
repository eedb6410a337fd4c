import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile } from '../support/percentile.ts'
import { childrenCpuMs } from './children-cpu.ts'
import { openDma } from './dma.ts'
import { startInstantOutbox } from './mail-sink.ts'
import type { Bench } from './row.ts'

const startsPerRound = 21
/** What only hands over what it reads: no sendmail on Node starts faster. */
const prototype = join(import.meta.dirname, 'bare-sendmail.cjs')
const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
const message = 'Subject: backup\n\nAll is well.\n'

interface Cost {
  ms: number
  cpuMs: number
}

/** What sendmail takes where the outbox answers at once, beside a Node that does nothing; and what dma takes. */
export const sendmailStart: Bench = async ({ rounds }) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-bench-'))
  const socket = join(directory, 'outbox.sock')
  const outbox = await startInstantOutbox(socket)
  const dma = await openDma(message)
  const env = { PATH: process.env['PATH'], HOME: directory, CMS_OUTBOX: socket }
  const walls: number[] = []
  const cpus: number[] = []
  const prototypes: number[] = []
  const dmas: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const bare: Cost[] = []
      const ours: Cost[] = []
      const prototypical: Cost[] = []
      // In turns, whatever else this machine does.
      for (let start = 0; start < startsPerRound; start++) {
        bare.push(costOf(['-e', '0'], env))
        ours.push(costOf([client, 'sendmail', 'root'], env))
        prototypical.push(costOf([prototype], env))
      }
      prototypes.push(middle(prototypical, 'cpuMs') / middle(bare, 'cpuMs'))
      walls.push(middle(ours, 'ms') / middle(bare, 'ms'))
      cpus.push(middle(ours, 'cpuMs') / middle(bare, 'cpuMs'))
      if (dma !== undefined) dmas.push((await dma.spoolMs()) / middle(bare, 'ms'))
    }
  } finally {
    await dma?.close()
    outbox.kill()
    rmSync(directory, { recursive: true })
  }
  const rows = [
    { name: 'sendmail, its start', ratios: walls, goal: '<= 1.3' },
    { name: 'sendmail, its start, CPU', ratios: cpus, goal: '-' },
    { name: 'sendmail, a prototype, CPU', ratios: prototypes, goal: '-' },
    { name: 'dma, a message in its spool', ratios: dmas, goal: '-' },
  ]
  return rows.filter(({ ratios }) => ratios.length > 0)
}

function costOf(args: string[], env: NodeJS.ProcessEnv): Cost {
  const [begun, cpuBefore] = [performance.now(), childrenCpuMs()]
  const { status } = spawnSync(process.execPath, args, {
    env,
    input: message,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  if (status !== 0) throw new Error(`"${args.join(' ')}" exited with ${status}`)
  return { ms: performance.now() - begun, cpuMs: childrenCpuMs() - cpuBefore }
}

function middle(costs: readonly Cost[], figure: keyof Cost): number {
  return percentile(
    costs.map((cost) => cost[figure]),
    0.5,
  )
}
