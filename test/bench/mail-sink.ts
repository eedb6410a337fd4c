import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A process of its own that is an IMAP server: see mail-sink-server.ts. */
export interface MailSink {
  port: number
  process: ChildProcess
}

/** Starts it; it ends with whoever started it. */
export async function startMailSink({
  key,
  cert,
}: Record<'key' | 'cert', string>): Promise<MailSink> {
  const child = fork(join(import.meta.dirname, 'mail-sink-server.ts'), {
    env: { ...process.env, KEY: key, CERT: cert },
  })
  const [port] = (await once(child, 'message')) as [number]
  return { port, process: child }
}
