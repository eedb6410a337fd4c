import type { AccountConfiguration, SecretSource } from '../configuration/configuration.ts'
import { accountObject, type AccountKeys } from './account-keys.ts'
import { checkAccount } from './account-rules.ts'
import type { WrittenAccount } from './resource-accounts.ts'

/** The keys of [[account]] with their meaning. */
export const accountKeys = accountObject.shape

/** One [[account]]. */
export const accountSchema = accountObject.superRefine(checkAccount).transform(toConfiguration)

function toConfiguration(account: AccountKeys): WrittenAccount {
  const configuration = {
    user: account.user,
    provider: account.provider,
    clientId: account.client_id ?? '',
    clientSecret: secretSource(account),
    clientAuthentication: account.client_authentication,
    clientSecretExpiresAt: account.client_secret_expires?.getTime(),
    clientCertificate: certificate(account),
    clientAssertionFile: account.client_assertion_file,
    serviceAccountKey:
      fromFile(account.service_account_file) ?? fromCredential(account.service_account_credential),
    tenant: account.tenant,
    cloud: account.cloud,
    grant: account.grant,
    loginHint: account.login_hint,
    signInWith: account.sign_in_with,
    saslUser: account.sasl_user,
    resources: Object.keys(account.resources).length === 0 ? undefined : account.resources,
    scopes: account.scopes.length === 0 ? undefined : account.scopes,
    authority: account.authority,
    preset: account.preset,
    authorizationEndpoint: account.authorization_endpoint,
    tokenEndpoint: account.token_endpoint,
    deviceAuthorizationEndpoint: account.device_authorization_endpoint,
    revocationEndpoint: account.revocation_endpoint,
    redirectUri: account.redirect_uri,
    rotation: account.rotation,
  }
  return dropUndefined(configuration) as WrittenAccount
}

function secretSource(account: AccountKeys): SecretSource | undefined {
  if (account.client_secret !== undefined) return { from: 'inline', value: account.client_secret }
  const argv = account.client_secret_command
  if (argv !== undefined) return { from: 'command', argv }
  return fromFile(account.client_secret_file) ?? fromCredential(account.client_secret_credential)
}

function certificate(account: AccountKeys): AccountConfiguration['clientCertificate'] {
  const path = account.client_certificate_file
  const key = fromFile(account.client_key_file) ?? fromCredential(account.client_key_credential)
  return path === undefined || key === undefined ? undefined : { path, key }
}

function fromFile(path: string | undefined): SecretSource | undefined {
  return path === undefined ? undefined : { from: 'file', path }
}

function fromCredential(name: string | undefined): SecretSource | undefined {
  return name === undefined ? undefined : { from: 'credential', name }
}

function dropUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
