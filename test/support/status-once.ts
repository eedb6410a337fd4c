import { setTimeout } from 'node:timers/promises'
import { type Home, runClient } from './daemon.ts'

/** What "cms-oauth status" says once it says that; the processes of a daemon tell it how they are within a moment. */
export async function statusOnce(home: Home, says: RegExp): Promise<string> {
  for (;;) {
    const { stdout } = await runClient(home, ['status'])
    if (says.test(stdout)) return stdout
    await setTimeout(20)
  }
}
