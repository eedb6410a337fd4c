import { ProviderUnavailableError } from '../errors.ts'

/** Every call to a provider ends by then. */
const defaultDeadlineMs = 20_000

/**
 * The result of a call about an account that ends when the signal aborts, or in any case.
 * @throws ProviderUnavailableError where it took too long, and what the call throws
 */
export async function withDeadline<T>(
  user: string,
  call: (signal: AbortSignal) => Promise<T>,
  deadlineMs: number = defaultDeadlineMs,
): Promise<T> {
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    return await Promise.race([call(signal), whenAborted(signal)])
  } catch (error) {
    if (!signal.aborted) throw error
    throw new ProviderUnavailableError(
      `the provider of "${user}" did not answer within ${deadlineMs / 1_000} s`,
      { hint: 'this usually passes; it is tried again by itself', cause: error },
    )
  }
}

/** A library may forget the signal; the deadline holds all the same. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
