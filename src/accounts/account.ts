import type {
  AccountConfiguration,
  ClientAuthentication,
  ClientCertificate,
  Grant,
  ProviderName,
  Rotation,
  SecretSource,
} from '../configuration/configuration.ts'
import type { Resource } from '../configuration/resources.ts'
import { findCloud } from '../provider-facts/microsoft.ts'
import type { Endpoints } from '../provider-facts/provider-facts.ts'
import { factsOf, type PresetName } from '../provider-facts/providers.ts'
import type { SendingApi } from '../provider-facts/sending/sending-api.ts'
import { isProtocol, type Protocol } from '../sasl/output-format.ts'
import { defaultScopes } from './default-scopes.ts'

/**
 * A mailbox with everything needed to get tokens for it; plain data, so that it can be sent over
 * IPC.
 */
export interface Account {
  /** The mailbox's address: its key. */
  user: string
  provider: ProviderName
  preset?: PresetName
  clientId: string
  clientSecret?: SecretSource
  /** Absent: chosen from what the server lists. */
  clientAuthentication?: ClientAuthentication
  /** Epoch ms. */
  clientSecretExpiresAt?: number
  clientCertificate?: ClientCertificate
  clientAssertionFile?: string
  serviceAccountKey?: SecretSource
  grant: Grant
  /** Who signs in: sent to the provider and compared with the address that it returns. */
  loginHint: string
  /** The account whose sign-in it uses; absent: its own. */
  signInWith?: string
  saslUser: Partial<Record<Protocol, string>>
  /** Its tokens are for this, and no mail server. */
  resource?: Resource
  /** All scopes to ask for, except `offline_access` and the provider's identity scopes. */
  scopes: string[]
  /** The scopes a sign-in asks for if other accounts use it too; absent: `scopes`. */
  consentScopes?: string[]
  /** office365: authority with tenant; oidc: the issuer; gmail and pure overrides: absent. */
  authority?: string
  endpoints: Endpoints
  /** Without a port, unless the registration requires a fixed one. */
  redirectUri: string
  /**
   * The origin that refresh tokens are sent to. A token from one issuer is never sent to another,
   * and the accounts of one issuer share its limit of concurrent refreshes.
   */
  issuer: string
  /** An outbox sends by this API with it: its tokens are for nobody else. */
  sendsBy?: SendingApi
  /** Another account uses this sign-in for that. */
  isSentWith?: true
  /** Decides whether an exchange whose answer was lost is tried again. */
  rotation: Rotation
}

/** The identity to put into `user=` for a protocol, or for a resource. */
export function saslIdentity({ user, saslUser, resource }: Account, protocol: string): string {
  return (isProtocol(protocol) ? saslUser[protocol] : undefined) ?? resource?.user ?? user
}

/** True for a grant that a person gives; false if the client's own credentials are enough. */
export function needsSignIn({ grant }: Pick<Account, 'grant'>): boolean {
  return grant !== 'client_credentials' && grant !== 'service_account'
}

/** The address of the account whose sign-in (and record in the store) this one uses. */
export function signInOwner({ user, signInWith }: Pick<Account, 'user' | 'signInWith'>): string {
  return signInWith ?? user
}

/**
 * Derives an account from its configuration and the protocols of the sockets that serve it, or the API
 * that an outbox sends by.
 */
export function createAccount(
  configuration: AccountConfiguration,
  protocols: readonly Protocol[],
  sendsBy?: SendingApi,
): Account {
  const { user, provider, clientId, grant, loginHint, saslUser } = configuration
  const authority =
    provider === 'office365' ? microsoftAuthority(configuration) : configuration.authority
  const facts = factsOf(configuration)
  const { redirectUri = 'http://127.0.0.1', rotation = 'strict' } = facts
  const clientAuthentication = configuration.clientAuthentication ?? facts.clientAuthentication
  const endpoints = endpointOverrides(configuration)
  return {
    user,
    provider,
    clientId,
    grant,
    loginHint: loginHint ?? user,
    saslUser,
    scopes: configuration.scopes ?? defaultScopes(configuration, protocols, sendsBy),
    endpoints,
    redirectUri: configuration.redirectUri ?? redirectUri,
    issuer: originOf(endpoints.token ?? authority) ?? provider,
    rotation: configuration.rotation ?? rotation,
    ...takenOver(configuration),
    ...(clientAuthentication === undefined ? {} : { clientAuthentication }),
    ...(authority === undefined ? {} : { authority }),
    ...(sendsBy === undefined ? {} : { sendsBy }),
  }
}

/** The keys that are copied from the configuration unchanged. */
const takenOverKeys = [
  'preset',
  'clientSecret',
  'clientSecretExpiresAt',
  'clientCertificate',
  'clientAssertionFile',
  'serviceAccountKey',
  'signInWith',
  'resource',
] as const

function takenOver(
  configuration: AccountConfiguration,
): Pick<Account, (typeof takenOverKeys)[number]> {
  const presentKeys = takenOverKeys.filter((key) => configuration[key] !== undefined)
  return Object.fromEntries(presentKeys.map((key) => [key, configuration[key]]))
}

/** Its tenant is a part of it. */
function microsoftAuthority({ authority, cloud, tenant }: AccountConfiguration): string {
  const origin = authority ?? findCloud(cloud).authority
  return `${origin.replace(/\/+$/, '')}/${tenant ?? 'common'}`
}

function originOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin
}

function endpointOverrides(configuration: AccountConfiguration): Endpoints {
  const { cloud = '', authorizationEndpoint, tokenEndpoint, revocationEndpoint } = configuration
  const { deviceAuthorizationEndpoint: deviceAuthorization } = configuration
  const facts = factsOf(configuration)
  return {
    ...(facts.clouds?.[cloud] ?? facts.endpoints),
    ...(authorizationEndpoint === undefined ? {} : { authorization: authorizationEndpoint }),
    ...(tokenEndpoint === undefined ? {} : { token: tokenEndpoint }),
    ...(deviceAuthorization === undefined ? {} : { deviceAuthorization }),
    ...(revocationEndpoint === undefined ? {} : { revocation: revocationEndpoint }),
  }
}
