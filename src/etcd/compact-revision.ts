import { afterRunning } from '../schedule/running-time.ts'
import { EtcdUnavailableError } from './etcd-error.ts'
import type { Gateway } from './gateway.ts'
import { tooSlow } from './gateway-request.ts'
import { base64 } from './key-value.ts'
import { longestPatienceMs } from './patience.ts'
import { GatewayWatch } from './watch.ts'

/** A watch that begins too early is refused at once after it was created. */
const refusalMs = 1_000

/**
 * The oldest revision of which the engine has history, '0' where it has all: no call tells it, but a watch of
 * a key from the first revision on is refused with it.
 * @param limitMs how long the engine may say nothing; default: 12 s
 * @throws EtcdError; EtcdUnavailableError at the limit
 */
export function findCompactRevision(
  gateway: Gateway,
  key: string,
  { limitMs = longestPatienceMs }: { limitMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let isCreated = false
    const watch = new GatewayWatch(gateway, { key: base64(key) }, '1', {
      created: () => {
        isCreated = true
        stop()
        stop = afterRunning(refusalMs, () => watch.close())
      },
      event: () => watch.close(),
      ended: (end) => {
        stop()
        if (end.kind === 'failed') reject(end.error)
        else if (end.kind === 'compacted') resolve(end.compactRevision)
        else if (isCreated) resolve('0')
        else reject(new EtcdUnavailableError(gateway.endpoint, tooSlow(limitMs)))
      },
    })
    let stop = afterRunning(limitMs, () => watch.close())
  })
}
