import { readdirSync, readlinkSync } from 'node:fs'
import { url } from 'node:inspector'
import { ConfigInvalidError } from '../errors.ts'

/** Variables that make a Node program print, send or load what it should not. */
const forbiddenVariables = [
  'NODE_OPTIONS',
  'LD_PRELOAD',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
  'SSLKEYLOGFILE',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
  // They name files that Node writes, or runs code of.
  'NODE_V8_COVERAGE',
  'NODE_REDIRECT_WARNINGS',
  'NODE_COMPILE_CACHE',
  // They name libraries that OpenSSL loads.
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
]

/** Flags of Node that open a debugger or write the heap to disk. */
const forbiddenFlags =
  /^--(inspect|debug|heapsnapshot|heap-prof|cpu-prof|prof|report|diagnostic|trace|abort-on|tls-keylog)/

/**
 * Refuses a process in which tokens could be read from outside. The program's first lines drop the
 * variables; found all the same, somebody went round it.
 * @throws ConfigInvalidError
 */
export function requireSafeEnvironment(env: NodeJS.ProcessEnv, execArgv: readonly string[]): void {
  const variable = forbiddenVariables.find((name) => env[name] !== undefined && env[name] !== '')
  if (variable !== undefined) {
    throw new ConfigInvalidError(`the environment variable "${variable}" is set`, {
      hint: `it could expose tokens: start the program itself, which drops it, or unset it`,
    })
  }
  const flag = execArgv.find((argument) => forbiddenFlags.test(argument.replaceAll('_', '-')))
  if (flag !== undefined || hasDebugger()) {
    throw new ConfigInvalidError(
      `a debugger or diagnostic option is on: "${flag ?? 'inspector'}"`,
      {
        hint: 'it could expose tokens: start the daemon without it',
      },
    )
  }
}

/** A debugger listens: without a socket beside the standard streams Node's own module need not be asked. */
function hasDebugger(): boolean {
  return readdirSync('/proc/self/fd').some(isSocketBesideStreams) && url() !== undefined
}

function isSocketBesideStreams(descriptor: string): boolean {
  if (Number(descriptor) <= 2) return false
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:')
  } catch {
    // That with which the directory was read is closed by now.
    return false
  }
}
