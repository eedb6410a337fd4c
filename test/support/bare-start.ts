import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** The ms from the start to the end of a Node that does nothing. */
export async function bareStartMs({ PATH }: NodeJS.ProcessEnv): Promise<number> {
  const begun = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { env: { PATH }, stdio: 'ignore' }), 'exit')
  return performance.now() - begun
}
