/** The reader's process: `load [FILE]`, `inspect [FILE]` or `describe`, answered by one message. */
import '../kernel/debugger-signal.ts'
import { requireBuildOfParent } from '../package/build-id.ts'
import { errorToWire, isCmsOauthError } from '../errors.ts'
import { hardenProcess } from '../kernel/process-hardening.ts'
import { describeConfiguration } from './describe.ts'
import { loadConfiguration } from './load.ts'
import { inspect } from './inspection/inspect.ts'
import type { ReaderAnswer } from '../messages/configuration-answer.ts'

requireBuildOfParent(process.env)
// A terminal's signals reach the whole group; the daemon says what becomes of it.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => {})
hardenProcess()

async function answer([action, file]: string[]): Promise<ReaderAnswer> {
  if (action === 'describe') return { result: describeConfiguration() }
  try {
    const { env } = process
    const configuration = loadConfiguration({ env, ...(file === undefined ? {} : { file }) })
    if (action !== 'inspect') return { result: configuration }
    const findings = await inspect(configuration, env)
    return { result: { file: configuration.file, findings } }
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return { error: errorToWire(error) }
  }
}

async function main(): Promise<void> {
  const message = await answer(process.argv.slice(2))
  process.send?.(message, undefined, undefined, () => {
    if (process.connected) process.disconnect()
  })
}

void main()
