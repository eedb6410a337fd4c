import * as z from 'zod'
import { protocols } from '../sasl/output-format.ts'
import { type AccountConfiguration, grants, providerNames } from './configuration.ts'
import { address, commandLine, filePath, httpsUrl, loopbackUri } from './values.ts'

const clouds = ['global', 'us-gov-high', 'us-gov-dod', 'china'] as const
const secretKeys = ['client_secret', 'client_secret_file', 'client_secret_command'] as const

const isOrigin = /^https:\/\/[^/?]+\/?$/i

const keys = z.strictObject({
  user: address.describe('the mailbox; requests name it by exactly this address'),
  provider: z.enum(providerNames).describe('who issues tokens'),
  client_id: z.string().min(1, 'must not be empty').describe('of your app registration'),
  client_secret: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('where the registration has one; the file must then be readable by you alone'),
  client_secret_file: filePath.optional().describe('a file (mode 0600) that holds the secret'),
  client_secret_command: commandLine
    .optional()
    .describe('a program that prints the secret, like ["pass", "show", "mail"]'),
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'must be a tenant id, a domain, or common, organizations, consumers')
    .optional()
    .describe('office365: whose accounts may sign in; default "common"'),
  cloud: z.enum(clouds).optional().describe('office365: which cloud; default "global"'),
  grant: z.enum(grants).default('authorization_code').describe('how tokens are got'),
  login_hint: z
    .string()
    .min(1)
    .optional()
    .describe('who signs in, where that is not `user`; compared with the address returned'),
  sasl_user: z
    .partialRecord(z.enum(protocols), address)
    .default({})
    .describe('identity in `user=` by protocol, like { SMTP = "delegate@domain.com" }'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be scopes, one in each string'))
    .default([])
    .describe('what to ask for; empty: what the protocols of the sockets and token files need'),
  authority: httpsUrl
    .optional()
    .describe('office365: another origin, the tenant is appended; oidc: the issuer'),
  preset: z
    .enum(['fastmail', 'yahoo'])
    .optional()
    .describe('oidc: endpoints and scopes known here'),
  authorization_endpoint: httpsUrl.optional().describe('gmail, oidc: in place of the known one'),
  token_endpoint: httpsUrl.optional().describe('gmail, oidc: in place of the known one'),
  device_authorization_endpoint: httpsUrl
    .optional()
    .describe('oidc: where a device code comes from, in place of the known one'),
  revocation_endpoint: httpsUrl.optional().describe('gmail, oidc: in place of the known one'),
  redirect_uri: loopbackUri
    .optional()
    .describe(
      'where the registration wants a fixed port or path; default http://localhost (office365) or http://127.0.0.1',
    ),
})

type Keys = z.output<typeof keys>

/** The keys of [[account]] with their meaning. */
export const accountKeys = keys.shape

/** One [[account]]. */
export const accountSchema = keys.superRefine(checkTogether).transform(toConfiguration)

function checkTogether(account: Keys, context: z.RefinementCtx): void {
  const refuse = (key: keyof Keys, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message })
  const given = secretKeys.filter((key) => account[key] !== undefined)
  if (given.length > 1 && given[1] !== undefined) refuse(given[1], `goes not with "${given[0]}"`)
  const { provider } = account
  if (provider === 'gmail' && given.length === 0) {
    refuse('client_id', 'gmail needs the client secret too: add client_secret_file')
  }
  if (provider !== 'office365') {
    for (const key of ['tenant', 'cloud'] as const) {
      if (account[key] !== undefined) refuse(key, 'is for provider = "office365" only')
    }
  }
  if (provider !== 'oidc' && account.preset !== undefined) {
    refuse('preset', 'is for provider = "oidc" only')
  }
  if (provider === 'gmail' && account.authority !== undefined) {
    refuse('authority', 'is not for gmail: override single endpoints')
  }
  if (provider === 'gmail') {
    const message = 'is not for gmail: its device code leaves out mail'
    if (account.grant === 'device_code') refuse('grant', message)
    if (account.device_authorization_endpoint !== undefined) {
      refuse('device_authorization_endpoint', message)
    }
  }
  if (provider === 'office365') {
    for (const key of [
      'authorization_endpoint',
      'token_endpoint',
      'device_authorization_endpoint',
      'revocation_endpoint',
    ] as const) {
      if (account[key] !== undefined) refuse(key, 'is not for office365: set authority')
    }
    if (account.authority !== undefined && !isOrigin.test(account.authority)) {
      refuse('authority', 'must be an origin: the tenant is appended, set tenant')
    }
  }
  if (provider === 'oidc') checkOidc(account, refuse)
}

function checkOidc(account: Keys, refuse: (key: keyof Keys, message: string) => void): void {
  const hasEndpoints =
    account.authorization_endpoint !== undefined && account.token_endpoint !== undefined
  if (account.authority === undefined && account.preset === undefined && !hasEndpoints) {
    refuse('provider', 'oidc needs authority, preset, or authorization_endpoint and token_endpoint')
  }
  if (account.scopes.length === 0 && account.preset === undefined) {
    refuse('provider', 'oidc needs scopes, or a preset that knows them')
  }
}

function toConfiguration(account: Keys): AccountConfiguration {
  const configuration = {
    user: account.user,
    provider: account.provider,
    clientId: account.client_id,
    clientSecret: secretSource(account),
    tenant: account.tenant,
    cloud: account.cloud,
    grant: account.grant,
    loginHint: account.login_hint,
    saslUser: account.sasl_user,
    scopes: account.scopes.length === 0 ? undefined : account.scopes,
    authority: account.authority,
    preset: account.preset,
    authorizationEndpoint: account.authorization_endpoint,
    tokenEndpoint: account.token_endpoint,
    deviceAuthorizationEndpoint: account.device_authorization_endpoint,
    revocationEndpoint: account.revocation_endpoint,
    redirectUri: account.redirect_uri,
  }
  return dropUndefined(configuration) as AccountConfiguration
}

function secretSource(account: Keys): AccountConfiguration['clientSecret'] {
  if (account.client_secret !== undefined) return { from: 'inline', value: account.client_secret }
  if (account.client_secret_file !== undefined) {
    return { from: 'file', path: account.client_secret_file }
  }
  const argv = account.client_secret_command
  return argv && { from: 'command', argv }
}

function dropUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
