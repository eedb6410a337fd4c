import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A token socket whose answer is always the same, and wrong. */
export interface ImpostorSocket {
  /** For XDG_RUNTIME_DIR. */
  runtime: string
  path: string
  close(): Promise<void>
}

/** Starts it below a directory that exists. */
export async function startImpostorSocket(
  directory: string,
  answer: string,
): Promise<ImpostorSocket> {
  const runtime = join(directory, 'impostor')
  await mkdir(join(runtime, 'cms-oauth'), { recursive: true })
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume().end(answer)
  })
  const path = join(runtime, 'cms-oauth', 'cms.sock')
  server.listen(path)
  await once(server, 'listening')
  return {
    runtime,
    path,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
