/** The reader's process: `load [FILE]` or `describe`, answered by one message. */
import '../kernel/debugger-signal.ts'
import { requireBuildOfParent } from '../build-id.ts'
import { errorToWire, isCmsOauthError } from '../errors.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { describeConfiguration } from './describe.ts'
import { loadConfiguration } from './load.ts'
import type { ReaderAnswer } from './reader.ts'

requireBuildOfParent(process.env)
// A terminal's signals reach the whole group; the daemon says what becomes of it.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => {})
hardenProcess()

function answer([action, file]: string[]): ReaderAnswer {
  if (action === 'describe') return { result: describeConfiguration() }
  try {
    const { env } = process
    return { result: loadConfiguration({ env, ...(file === undefined ? {} : { file }) }) }
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return { error: errorToWire(error) }
  }
}

process.send?.(answer(process.argv.slice(2)), undefined, undefined, () => {
  if (process.connected) process.disconnect()
})
