/** Rules that concern several keys of one [[account]]. */
import type * as z from 'zod'
import { isResourceName, resourceNameLimit } from '../configuration/resources.ts'
import { clouds, multiTenantNames } from '../provider-facts/microsoft.ts'
import { factsOf, namesOf } from '../provider-facts/providers.ts'
import { isProtocol } from '../sasl/output-format.ts'
import type { AccountKeys } from './account-keys.ts'

type Refuse = (key: keyof AccountKeys, message: string) => void

const secretKeys = [
  'client_secret',
  'client_secret_file',
  'client_secret_command',
  'client_secret_credential',
] as const
/** The ways for a client to prove who it is; only one of them may be configured. */
const proofKeys = [...secretKeys, 'client_certificate_file', 'client_assertion_file'] as const
const privateKeyOptions = ['client_key_file', 'client_key_credential'] as const
const serviceAccountKeys = ['service_account_file', 'service_account_credential'] as const

const isOrigin = /^https:\/\/[^/?]+\/?$/i

/** Refuses keys that contradict each other, or that require another one. */
export function checkAccount(account: AccountKeys, context: z.RefinementCtx): void {
  const refuse: Refuse = (key, message) =>
    context.addIssue({ code: 'custom', path: [key], message })
  for (const keys of [proofKeys, privateKeyOptions, serviceAccountKeys]) {
    const [first, second] = presentKeys(account, keys)
    if (second !== undefined) refuse(second, `cannot be combined with "${first}"`)
  }
  checkClient(account, refuse)
  checkGrant(account, refuse)
  checkResources(account, refuse)
  checkCloud(account, refuse)
  if (account.provider === 'office365') checkOffice365(account, refuse)
  if (account.provider === 'gmail') checkGmail(account, refuse)
  if (account.provider === 'oidc') checkOidc(account, refuse)
  if (account.provider !== 'office365') {
    for (const key of presentKeys(account, ['tenant'])) {
      refuse(key, 'is for provider = "office365" only')
    }
  }
  if (account.provider !== 'oidc' && account.preset !== undefined) {
    refuse('preset', 'is for provider = "oidc" only')
  }
}

function presentKeys<K extends keyof AccountKeys>(account: AccountKeys, keys: readonly K[]): K[] {
  return keys.filter((key) => account[key] !== undefined)
}

function checkClient(account: AccountKeys, refuse: Refuse): void {
  const [keyKey] = presentKeys(account, privateKeyOptions)
  if (account.client_certificate_file !== undefined && keyKey === undefined) {
    refuse('client_certificate_file', 'needs client_key_file or client_key_credential')
  }
  if (
    account.client_secret_expires !== undefined &&
    presentKeys(account, secretKeys).length === 0
  ) {
    refuse('client_secret_expires', 'requires a client secret')
  }
  if (account.client_authentication !== undefined) {
    if (account.provider !== 'oidc') {
      refuse('client_authentication', 'is for provider = "oidc" only')
    } else if (presentKeys(account, secretKeys).length === 0) {
      refuse('client_authentication', 'needs a client secret, which it says how to send')
    }
  }
  if (account.client_certificate_file === undefined && keyKey !== undefined) {
    refuse(keyKey, 'requires client_certificate_file')
  }
  if (account.client_id === undefined && account.grant !== 'service_account') {
    refuse('client_id', 'is missing')
  }
}

function checkResources({ resources }: AccountKeys, refuse: Refuse): void {
  for (const name of Object.keys(resources)) {
    if (isProtocol(name)) refuse('resources', `cannot name "${name}", which is a protocol of mail`)
    else if (!isResourceName(name)) {
      const rule = `${resourceNameLimit} capital letters, digits, "-" and "_", a letter first`
      refuse('resources', `names "${name.slice(0, 100)}": it must be at most ${rule}`)
    }
  }
}

function checkGrant(account: AccountKeys, refuse: Refuse): void {
  const { grant } = account
  if (grant === 'client_credentials') checkClientCredentials(account, refuse)
  if (grant === 'service_account') {
    if (account.provider !== 'gmail') refuse('grant', 'is for provider = "gmail" only')
    if (presentKeys(account, serviceAccountKeys).length === 0) {
      refuse('grant', 'needs service_account_file or service_account_credential')
    }
    for (const key of presentKeys(account, ['client_id', ...proofKeys])) {
      refuse(key, 'cannot be combined with grant = "service_account": its key says who asks')
    }
  } else {
    for (const key of presentKeys(account, serviceAccountKeys)) {
      refuse(key, 'requires grant = "service_account"')
    }
  }
  if (grant === 'client_credentials' || grant === 'service_account') {
    for (const key of presentKeys(account, [
      'login_hint',
      'sign_in_with',
      'redirect_uri',
      'rotation',
    ])) {
      refuse(key, `cannot be combined with grant = "${grant}": nobody signs in`)
    }
  } else if (account.sign_in_with !== undefined && account.login_hint !== undefined) {
    refuse('login_hint', 'cannot be combined with "sign_in_with": that account says who signs in')
  }
}

/** Microsoft's clouds are its own, and so are those of a preset. */
function checkCloud(account: AccountKeys, refuse: Refuse): void {
  const { provider, preset, cloud } = account
  if (cloud === undefined) return
  const facts = factsOf({ provider, ...(preset === undefined ? {} : { preset }) })
  const known: readonly string[] = namesOf(provider === 'office365' ? clouds : (facts.clouds ?? {}))
  if (known.includes(cloud)) return
  refuse(
    'cloud',
    known.length > 0
      ? `must be one of ${known.join(', ')}`
      : 'is for provider = "office365" and preset = "zoho" only',
  )
}

function checkClientCredentials(account: AccountKeys, refuse: Refuse): void {
  const { provider, tenant } = account
  if (provider === 'gmail') {
    refuse('grant', 'is not for gmail: its way without a sign-in is "service_account"')
  }
  if (presentKeys(account, proofKeys).length === 0) {
    refuse('grant', 'needs a client secret, client_certificate_file or client_assertion_file')
  }
  if (provider === 'office365' && (tenant === undefined || multiTenantNames.includes(tenant))) {
    refuse(
      tenant === undefined ? 'grant' : 'tenant',
      'needs the id or domain of one organization with grant = "client_credentials"',
    )
  }
  if (account.preset !== undefined) {
    refuse('preset', 'knows no way without a sign-in')
  }
}

function checkOffice365(account: AccountKeys, refuse: Refuse): void {
  for (const key of presentKeys(account, [
    'authorization_endpoint',
    'token_endpoint',
    'device_authorization_endpoint',
    'revocation_endpoint',
  ])) {
    refuse(key, 'is not for office365: set authority')
  }
  if (account.authority !== undefined && !isOrigin.test(account.authority)) {
    refuse('authority', 'must be an origin: the tenant is appended, set tenant')
  }
}

function checkGmail(account: AccountKeys, refuse: Refuse): void {
  if (account.grant !== 'service_account' && presentKeys(account, secretKeys).length === 0) {
    refuse('client_id', 'gmail needs the client secret too: add client_secret_file')
  }
  for (const key of presentKeys(account, ['client_certificate_file', 'client_assertion_file'])) {
    refuse(key, 'is not for gmail')
  }
  if (account.grant === 'device_code' && account.device_authorization_endpoint === undefined) {
    refuse('grant', 'is not for gmail: its device code leaves out mail')
  }
  if (account.authority !== undefined) {
    refuse('authority', 'is not for gmail: override single endpoints')
  }
}

function checkOidc(account: AccountKeys, refuse: Refuse): void {
  const isAppOnly = account.grant === 'client_credentials'
  const isByDevice =
    account.grant === 'device_code' && account.device_authorization_endpoint !== undefined
  const hasEndpoints =
    account.token_endpoint !== undefined &&
    (isAppOnly || isByDevice || account.authorization_endpoint !== undefined)
  if (account.authority === undefined && account.preset === undefined && !hasEndpoints) {
    refuse(
      'provider',
      isAppOnly
        ? 'oidc needs authority or token_endpoint'
        : 'oidc needs authority, preset, or authorization_endpoint and token_endpoint',
    )
  }
  if (account.scopes.length === 0 && account.preset === undefined && !isAppOnly) {
    refuse('provider', 'oidc needs scopes, or a preset that knows them')
  }
}
