import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A server that is a process of its own, and ends with whoever started it. */
export interface OwnServer {
  port: number
  process: ChildProcess
}

/** Starts an IMAP server: see mail-sink-server.ts. */
export function startMailSink({ key, cert }: Record<'key' | 'cert', string>): Promise<OwnServer> {
  return start('mail-sink-server.ts', { KEY: key, CERT: cert })
}

/** Starts a bare proxy to the server at a port: see bare-proxy-server.ts. */
export function startBareProxy(port: number, ca: string): Promise<OwnServer> {
  return start('bare-proxy-server.ts', { PORT: String(port), CA: ca })
}

/** Compiles and starts a proxy in C to the server at a port: see copying-proxy.c. @throws where there is no C compiler */
export async function startCopyingProxy(port: number, directory: string): Promise<OwnServer> {
  const program = join(directory, 'copying-proxy')
  execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'copying-proxy.c')])
  const child = spawn(program, [String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(line), process: child }
}

/** Starts an outbox that keeps nothing: see instant-outbox-server.ts. */
export async function startInstantOutbox(path: string): Promise<ChildProcess> {
  return (await start('instant-outbox-server.ts', { SOCKET: path })).process
}

async function start(file: string, env: Record<string, string>): Promise<OwnServer> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, ...env } })
  const [port] = (await once(child, 'message')) as [number]
  return { port, process: child }
}
