import type {
  Configuration,
  EngineSecretSource,
  EtcdStoreConfiguration,
} from '../../configuration/configuration.ts'
import { errorFinding, type Finding, warning } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { readEnginePassword, readEngineTls, readTokenKey } from '../../secrets/engine-secrets.ts'
import { credentialsDirectory } from '../../secrets/read-secret.ts'

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
    ...(await outcomeOf(() => readEngineTls(store))),
    ...(password === undefined
      ? []
      : await secretFindings(password, () => readEnginePassword(password), env)),
    ...(await secretFindings(tokenKey, () => readTokenKey(tokenKey), env)),
  ]
}

function fewEndpoints({ endpoints }: EtcdStoreConfiguration): Finding[] {
  if (endpoints.length > 1) return []
  const text = `[store] endpoints names only "${endpoints[0]}": while that node is away, no token is renewed`
  return [warning(subject, text, 'run three nodes on three machines, and name them all')]
}

/** Programs are checked elsewhere, and not run here: one may ask a person for a password. */
async function secretFindings(
  source: EngineSecretSource,
  read: () => Promise<unknown>,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  if (source.from === 'command') return []
  if (source.from === 'file' || credentialsDirectory(env) !== undefined) return outcomeOf(read)
  const text = `the credential "${source.name}" is there under systemd only, and was not checked`
  return [warning(subject, text, 'run doctor while the service is running')]
}

async function outcomeOf(read: () => Promise<unknown>): Promise<Finding[]> {
  try {
    await read()
    return []
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [errorFinding(subject, error)]
  }
}
