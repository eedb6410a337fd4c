/**
 * What a mail program waits for: the client from its start to the token, beside a Node that does
 * nothing. Prints, judges nothing: `node --import tsx test/bench/client-start.ts [RUNS]`.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile } from '../support/percentile.ts'

const runs = Number(process.argv[2] ?? 20)
const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
// The client's first line drops it, a bare Node pays 40 ms for it: neither shall have it.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

async function startTokenSocket(path: string): Promise<ChildProcess> {
  const server = fork(join(import.meta.dirname, 'token-socket-server.ts'), ['token', path], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(server, 'message')
  return server
}

function runMs(args: string[]): number {
  const begun = performance.now()
  const { status } = spawnSync(process.execPath, args, { env, stdio: 'ignore' })
  if (status !== 0) throw new Error(`"${args.join(' ')}" ended with ${status}`)
  return performance.now() - begun
}

const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-bench-'))
const path = join(directory, 'cms.sock')
const server = await startTokenSocket(path)
try {
  const bareMs: number[] = []
  const clientMs: number[] = []
  for (let run = 0; run < runs; run++) {
    bareMs.push(runMs(['-e', '0']))
    clientMs.push(runMs([client, '--user=user@example.com', `--cms_sock=${path}`]))
  }
  const [bare, ours] = [percentile(bareMs, 0.5), percentile(clientMs, 0.5)]
  console.log(
    `client: ${ours.toFixed(1)} ms, bare Node ${bare.toFixed(1)} ` +
      `(${(ours / bare).toFixed(2)}, +${(ours - bare).toFixed(1)} ms)`,
  )
} finally {
  server.kill()
  rmSync(directory, { recursive: true, force: true })
}
