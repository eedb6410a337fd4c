/** An outbox that keeps what it is given, on a socket of its own, and does as a test says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { once } from 'node:events'
import type { SubmissionHead } from '../../src/messages/outbox-api.ts'

export const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')

/** Runs a program as a user who may not write what is root's, and has no home. */
export const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']

export interface Handed {
  head: SubmissionHead
  message: Buffer
}

export interface FakeOutbox {
  socket: string
  handed: Handed[]
  /** Other requests, as `POST /v1/...`. */
  asked: string[]
  /** For each request in turn; afterwards all is well. */
  troubles: ((request: IncomingMessage, response: ServerResponse) => void)[]
  /** What GET /v1/messages answers. */
  queue: object
  close: () => Promise<void>
}

/** A directory that is removed after the test. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sendmail-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Listens at a path, `maxSize` is what it says it takes. */
export async function startOutbox(
  t: TestContext,
  path: string,
  maxSize = 10_000_000,
): Promise<FakeOutbox> {
  const outbox: FakeOutbox = {
    socket: path,
    handed: [],
    asked: [],
    troubles: [],
    queue: {},
    close: async () => {},
  }
  const server = createServer((request, response) => {
    void answer(outbox, request, response, maxSize)
  })
  server.listen(path)
  await once(server, 'listening')
  outbox.close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  return outbox
}

async function answer(
  outbox: FakeOutbox,
  request: IncomingMessage,
  response: ServerResponse,
  maxSize: number,
) {
  const { method = '', url = '' } = request
  if (url === '/v1/limits')
    return response.end(JSON.stringify({ max_size: maxSize, too_large: 'cut' }))
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return
  }
  const trouble = outbox.troubles.shift()
  if (trouble !== undefined) return trouble(request, response)
  if (method === 'POST' && url === '/v1/messages') {
    const body = Buffer.concat(chunks)
    const end = body.indexOf('\n')
    outbox.handed.push({
      head: JSON.parse(body.toString('utf8', 0, end)) as SubmissionHead,
      message: body.subarray(end + 1),
    })
    return response.end(JSON.stringify({ id: 'STORED' }))
  }
  outbox.asked.push(`${method} ${url}`)
  return response.end(JSON.stringify(outbox.queue))
}

export interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

export interface Run {
  argv?: string[]
  input?: string | Buffer
  env: Record<string, string>
  /** In place of `cms-oauth sendmail`. */
  command?: string[]
}

/** `cms-oauth sendmail ARGV < INPUT`. */
export async function runSendmail({ argv = [], input = '', env, command }: Run): Promise<Outcome> {
  const [file = '', ...before] = command ?? [process.execPath, program, 'sendmail']
  const child = spawn(file, [...before, ...argv], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}
