import { accessSync, constants, statfsSync } from 'node:fs'
import type {
  Configuration,
  EngineSecretSource,
  EtcdStoreConfiguration,
} from '../../configuration/configuration.ts'
import { type Finding, ok, warning } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { isSystemError } from '../../files/system-error.ts'
import { proxyFor } from '../../https/proxy.ts'
import { readEnginePassword, readEngineTls, readTokenKey } from '../../secrets/engine-secrets.ts'
import { credentialsDirectory } from '../../secrets/read-secret.ts'
import { outcomeOf } from './attempt.ts'

const subject = 'etcd'

/** Reads what a connection to the engine is made with, as the renewer does; asks no engine. */
export async function engineFindings(
  { store }: Configuration,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  if (store.kind !== 'etcd') return []
  const { password, tokenKey } = store
  return [
    ...fewEndpoints(store),
    ...withoutProxy(store, env),
    ...noRoom(store),
    ...(await outcomeOf(subject, readEngineTls(store))),
    ...(password === undefined
      ? []
      : await secretFindings(password, () => readEnginePassword(password), env)),
    ...(await secretFindings(tokenKey, () => readTokenKey(tokenKey), env)),
  ]
}

function fewEndpoints({ endpoints }: EtcdStoreConfiguration): Finding[] {
  const nodes = new Set(endpoints.map((endpoint) => new URL(endpoint).origin))
  if (nodes.size > 1) return []
  const text = `[store] endpoints names only "${endpoints[0]}": while that node is away, no token is renewed`
  return [warning(subject, text, 'run three nodes on three machines, and name them all')]
}

/** Whoever sets a proxy may believe that it is used here, too. */
function withoutProxy({ endpoints }: EtcdStoreConfiguration, env: NodeJS.ProcessEnv): Finding[] {
  const [variable] = endpoints.flatMap((endpoint) => {
    try {
      return proxyFor(endpoint, env)?.variable ?? []
    } catch (error) {
      // What is wrong with it is found where it counts.
      if (!isCmsOauthError(error)) throw error
      return []
    }
  })
  if (variable === undefined) return []
  return [ok(subject, `its nodes are reached directly: ${variable} is for providers only`)]
}

/** What the engine does not take waits in the state directory; without that, in a process that may die. */
function noRoom({ role, stateDirectory: directory }: EtcdStoreConfiguration): Finding[] {
  if (role === 'serve') return []
  const fault = faultOf(directory)
  if (fault === undefined) return []
  const text = `"${directory}" ${fault}: a sign-in that is renewed while etcd is away would be lost with this process`
  const hint =
    'make room there, or make it writable for the user of cms-oauthd (systemd: StateDirectory=)'
  return [warning(subject, text, hint)]
}

function faultOf(directory: string): string | undefined {
  try {
    if (statfsSync(directory).bavail === 0) return 'is on a disk that is full'
    accessSync(directory, constants.W_OK)
    return undefined
  } catch (error) {
    if (!isSystemError(error)) throw error
    // The first process that needs it makes it.
    return error.code === 'ENOENT'
      ? undefined
      : `cannot be written to: ${withErrnoWords(error.code)}`
  }
}

/** Programs are checked elsewhere, and not run here: one may ask a person for a password. */
async function secretFindings(
  source: EngineSecretSource,
  read: () => Promise<unknown>,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  if (source.from === 'command') return []
  if (source.from === 'file' || credentialsDirectory(env) !== undefined)
    return outcomeOf(subject, read())
  const text = `the credential "${source.name}" is there under systemd only, and was not checked`
  return [warning(subject, text, 'run doctor while the service is running')]
}
