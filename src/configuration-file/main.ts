/**
 * The entry point of the reader: `load [FILE]`, `inspect [FILE]` or `describe COLUMNS`, answered by
 * one message; accounts are sent before it.
 */
import '../kernel/debugger-signal.ts'
import { forbidNewPrivileges } from '../kernel/process-hardening.ts'
import { ParentChannel } from '../child-process/parent-channel.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { isCmsOauthError } from '../errors.ts'
import type { FromReader, ReaderResults } from '../messages/configuration-answer.ts'
import { oneOf, type Shape } from '../shapes/shape.ts'
import { errorToWire } from '../shapes/wire-error.ts'
import { loadConfiguration } from './load.ts'

const accountsPerMessage = 100

// It reads what the configuration names, wherever that is, and starts nothing.
forbidNewPrivileges()

/** The daemon has nothing to say to it. */
const nothing: Shape<never> = oneOf([])
const daemon = new ParentChannel<FromReader, never>({
  shape: nothing,
  onMessage: () => {},
  onClose: () => {},
})

async function read([action, file]: string[]): Promise<ReaderResults[keyof ReaderResults]> {
  if (action === 'describe') {
    return (await import('./describe.ts')).describeConfiguration(Number(file))
  }
  const { env } = process
  const configuration = loadConfiguration({ env, ...(file === undefined ? {} : { file }) })
  if (action !== 'inspect') return tellAccounts(configuration)
  const { inspectAll } = await import('./inspection/inspect.ts')
  return { file: configuration.file, findings: await inspectAll(configuration, env) }
}

/** Says the accounts, a few at a time, and gives the rest. */
function tellAccounts({ accounts, ...rest }: Configuration): Configuration {
  for (let from = 0; from < accounts.length; from += accountsPerMessage) {
    daemon.send({ type: 'accounts', accounts: accounts.slice(from, from + accountsPerMessage) })
  }
  return { ...rest, accounts: [] }
}

async function main(): Promise<void> {
  try {
    daemon.send({ type: 'result', result: await read(process.argv.slice(2)) })
  } catch (error) {
    if (isCmsOauthError(error)) daemon.send({ type: 'failure', error: errorToWire(error) })
    else daemon.reportCrash(error)
  }
  daemon.close()
}

void main()
