import type { Account } from '../../accounts/account.ts'
import type { SecretSource } from '../../configuration/configuration.ts'
import { type Finding, warning } from '../../configuration/finding.ts'
import { isGuid } from '../../provider-facts/microsoft.ts'
import { readClientAssertion } from '../../secrets/client-assertion.ts'
import { readClientCertificate } from '../../secrets/client-certificate.ts'
import { readClientSecret } from '../../secrets/client-secret.ts'
import { credentialsDirectory } from '../../secrets/read-secret.ts'
import { readServiceAccountKey } from '../../secrets/service-account-key.ts'
import { outcomeOf } from './attempt.ts'

/**
 * Reads the secrets and certificates of clients as a sign-in would: they must exist, be closed to
 * others, and be valid.
 */
export async function secretFindings(
  accounts: readonly Account[],
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const account of accounts) {
    const { user } = account
    for (const finding of await findingsOf(account, env)) found.push({ ...finding, user })
  }
  return found
}

async function findingsOf(account: Account, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const sources = [
    account.clientSecret,
    account.clientCertificate?.key,
    account.serviceAccountKey,
  ].filter((source) => source !== undefined)
  // Programs are checked elsewhere, and not run here: one may ask a person for a password.
  if (sources.some(({ from }) => from === 'command')) return []
  const credential = sources.find((source) => source.from === 'credential')
  if (credential !== undefined && credentialsDirectory(env) === undefined) {
    return [underSystemdOnly(credential)]
  }
  return (
    await Promise.all([
      outcomeOf('secret', readClientCertificate(account)),
      outcomeOf('secret', readClientAssertion(account)),
      account.serviceAccountKey === undefined
        ? []
        : outcomeOf('secret', readServiceAccountKey(account)),
      secretOf(account),
    ])
  ).flat()
}

function underSystemdOnly(source: SecretSource): Finding {
  const name = source.from === 'credential' ? source.name : ''
  const text = `the credential "${name}" is there under systemd only, and was not checked`
  return warning('secret', text, 'run doctor while the service is running: it is checked there')
}

/** A secret of Microsoft's may begin with "~" or ".", and hold no "/" besides. */
const isPath = /^(?:~|\.{1,2})?\/[^\s]{0,500}\.\w{2,6}$/

async function secretOf(account: Account): Promise<Finding[]> {
  let text = ''
  const found = await outcomeOf(
    'secret',
    readClientSecret(account).then((secret) => {
      text = secret?.reveal() ?? ''
    }),
  )
  if (found.length === 0 && isPath.test(text)) {
    const what = `the client secret of "${account.user}" looks like the path of a file`
    return [warning('secret', what, 'write a path into client_secret_file')]
  }
  if (found.length > 0 || account.provider !== 'office365' || !isGuid(text)) return found
  return [
    warning(
      'secret',
      `the client secret of "${account.user}" looks like the ID of a secret, not its value`,
      'copy the column "Value" of the app registration, which is shown only once: make a new secret',
    ),
  ]
}
