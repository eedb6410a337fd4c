import { afterRunning } from '../../schedule/running-time.ts'
import { untilAborted } from './deadline.ts'

const runOut = new Error('patience has run out')

/**
 * True when it has ended, however; false where `patienceMs` of running time ran out, if there is a limit.
 * @throws the reason of `asked` when that aborts
 */
export async function endsWithin(
  result: Promise<unknown>,
  patienceMs: number | undefined,
  asked?: AbortSignal,
): Promise<boolean> {
  const ended = result.then(
    () => true,
    () => true,
  )
  const heard = asked === undefined ? ended : untilAborted(ended, asked)
  if (patienceMs === undefined) return heard
  const impatient = new AbortController()
  const stop = afterRunning(patienceMs, () => impatient.abort(runOut))
  return untilAborted(heard, impatient.signal)
    .catch((error: unknown) => {
      if (error === runOut) return false
      throw error
    })
    .finally(stop)
}
