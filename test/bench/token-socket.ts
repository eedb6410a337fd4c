/**
 * What the token socket costs beside a bare Node server that answers the same bytes to whatever it
 * is told. Prints, judges nothing: `node --import tsx test/bench/token-socket.ts [REQUESTS]`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile } from '../support/percentile.ts'

type Kind = 'bare' | 'token' | 'token+log'

/** What a server process says when it is told to end. */
interface Usage {
  cpuMs: number
  rssMiB: number
}

interface Result extends Usage {
  perSecond: number
  p99Us: number
}

const requests = Number(process.argv[2] ?? 20_000)
const kinds: Kind[] = ['bare', 'token', 'token+log']
const concurrencies = [1, 16, 64]

async function measure(kind: Kind, concurrency: number): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-bench-'))
  const path = join(directory, 'cms.sock')
  const child = fork(join(import.meta.dirname, 'token-socket-server.ts'), [kind, path], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    await once(child, 'message')
    await load(path, concurrency, Math.ceil(requests / 10))
    child.send('begin')
    await once(child, 'message')
    const begun = performance.now()
    const latencies = await load(path, concurrency, requests)
    const seconds = (performance.now() - begun) / 1_000
    child.send('end')
    const [usage] = (await once(child, 'message')) as [Usage]
    const p99Us = percentile(latencies, 0.99) * 1_000
    return { ...usage, perSecond: latencies.length / seconds, p99Us }
  } finally {
    child.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function load(path: string, concurrency: number, count: number): Promise<number[]> {
  const latencies: number[] = []
  let left = count
  const client = async () => {
    while (left-- > 0) latencies.push(await request(path))
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return latencies
}

/** Ms from connect to the end of the answer. */
function request(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const socket = connect(path, () => socket.end('SMTP user@example.com\n'))
    let size = 0
    socket.on('data', (chunk) => (size += chunk.length))
    socket.once('error', reject)
    socket.once('end', () => {
      if (size > 2_000) resolve(performance.now() - begun)
      else reject(new Error(`an answer of ${size} bytes`))
    })
  })
}

for (const concurrency of concurrencies) {
  const results = new Map<Kind, Result>()
  for (const kind of kinds) results.set(kind, await measure(kind, concurrency))
  const bare = results.get('bare')
  for (const [kind, { perSecond, p99Us, cpuMs, rssMiB }] of results) {
    const ratio = (perSecond / (bare?.perSecond ?? 1)).toFixed(2)
    const cpuUs = (cpuMs * 1_000) / requests
    const cpuRatio = (cpuMs / (bare?.cpuMs ?? 1)).toFixed(2)
    console.log(
      `c=${concurrency} ${kind}: ${perSecond.toFixed(0)} req/s (${ratio}), p99 ${p99Us.toFixed(0)} us, ` +
        `server CPU ${cpuUs.toFixed(1)} us per request (${cpuRatio}), RSS ${rssMiB.toFixed(0)} MiB`,
    )
  }
}
