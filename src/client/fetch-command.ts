import { oneOf } from '../command-line/nearest-known.ts'
import { isAddress } from '../configuration/address.ts'
import { tokenSocketPath } from '../configuration/paths.ts'
import { isResourceName } from '../configuration/resources.ts'
import { UsageError } from '../errors.ts'
import {
  isOutputFormat,
  isProtocol,
  type OutputFormat,
  outputFormats,
  protocols,
} from '../sasl/output-format.ts'
import { fetchCredential } from '../socket-client/fetch.ts'
import type { CommandLine } from './options.ts'
import { writeAtOnce } from './standard-output.ts'
import { warnOfStranger } from './whose-socket.ts'

/** Prints the credential, and nothing else, on standard output. @throws CmsOauthError */
export async function runFetch({ options }: CommandLine): Promise<void> {
  const credential = await fetchCredential({
    path: socketOf(options),
    user: userOf(options),
    protocol: protocolOf(options),
    format: formatOf(options),
    mayBlock: true,
  })
  writeAtOnce(options.newline === false ? credential : `${credential}\n`)
}

/** The token socket named by the command line, or else the environment; one that may be a stranger's is told. */
export function socketOf(options: CommandLine['options']): string {
  const given = options['cms-sock'] ?? process.env['CMS_SOCK'] ?? ''
  const path = given === '' ? tokenSocketPath(process.env) : given
  warnOfStranger(path, given !== '')
  return path
}

/** The address to ask for. @throws UsageError */
export function userOf({ user }: CommandLine['options']): string {
  if (user === undefined) {
    throw new UsageError('--user is missing', { hint: 'name the mailbox: --user=user@domain.com' })
  }
  if (isAddress(user)) return user
  throw new UsageError(`--user="${user}" is not an address`, {
    hint: 'write it as in the configuration, in ASCII, like user@domain.com',
  })
}

function protocolOf({ proto = 'SMTP' }: CommandLine['options']): string {
  if (isProtocol(proto) || isResourceName(proto)) return proto
  throw new UsageError(`--proto="${proto}" is not a protocol`, {
    hint: oneOf(proto, protocols),
  })
}

function formatOf({ output = 'xoauth2' }: CommandLine['options']): OutputFormat {
  if (isOutputFormat(output)) return output
  throw new UsageError(`--output="${output}" is not an output format`, {
    hint: oneOf(output, outputFormats),
  })
}
