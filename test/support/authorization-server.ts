import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import './quiet-oidc-provider.ts'
import { Provider } from 'oidc-provider'
import {
  appClients,
  signInClients,
  testClientId,
  testClientSecret,
} from './authorization-clients.ts'
import { createTestCertificates, type TestCertificates } from './certificates.ts'
import { decideDevice } from './decide-device.ts'
import { takeScopesAsMicrosoft } from './microsoft-scopes.ts'
import { recordRefreshes, type RefreshRecord } from './record-refreshes.ts'
import { answerInteraction, readForm } from './sign-in-form.ts'

/** A real authorization server (oidc-provider) on loopback HTTPS, in the shapes of all providers. */
export interface AuthorizationServer {
  /** https://localhost:PORT: the issuer of the `oidc` shape. */
  url: string
  port: number
  certificates: TestCertificates
  /** `METHOD path` of each request, in order. */
  requests: string[]
  refreshes: RefreshRecord
  /** Whose token it is, undefined for one that is not valid now. */
  introspect(accessToken: string): Promise<string | undefined>
  /** The same, with the scopes of the token. */
  findToken(accessToken: string): Promise<{ user: string; scopes: string[] } | undefined>
  /** The client whose own token it is (client_credentials); undefined for any other. */
  appOf(accessToken: string): Promise<string | undefined>
  /** Decides, as a person on the page for user codes, who signs in; undefined: says no. */
  decideDevice(userCode: string, user: string | undefined): Promise<void>
  /** Ends every sign-in of an account at the server. */
  revokeGrants(user: string): Promise<void>
  /** Revokes the access tokens that were given until now; the sign-in stays. */
  revokeAccessTokens(user: string): Promise<void>
  close(): Promise<void>
}

interface AuthorizationServerOptions {
  /** Seconds; 60 unless said otherwise. */
  accessTokenLifetime?: number
  /** Characters, about; 43 unless said otherwise. Microsoft's have 1,500 to 2,500. */
  accessTokenLength?: number
  /** Where the address is shown; Microsoft and Google put it into the id_token. */
  identityIn?: 'id_token' | 'userinfo'
  /** The certificate (PEM) of the client `-jwt`, which proves itself by an assertion. */
  clientCertificate?: string
  /** Which account signs in where the person's choice is not the hinted one. */
  signsInAs?: (hinted: string) => string
}

export { testClientId, testClientSecret }
export const testTenant = 'test-tenant'

const scopes = [
  'openid',
  'offline_access',
  'email',
  'profile',
  'mail',
  'https://mail.google.com/',
  'https://www.googleapis.com/auth/gmail.send',
  'https://graph.microsoft.com/Mail.Send',
  'https://outlook.office365.com/.default',
  ...['SMTP.Send', 'IMAP.AccessAsUser.All', 'POP.AccessAsUser.All'].map(
    (name) => `https://outlook.office.com/${name}`,
  ),
]

/** Microsoft's and Google's paths, and what they are here. */
const paths: Record<string, string> = {
  [`/${testTenant}/oauth2/v2.0/authorize`]: '/auth',
  [`/${testTenant}/oauth2/v2.0/token`]: '/token',
  [`/${testTenant}/oauth2/v2.0/devicecode`]: '/device/auth',
  '/o/oauth2/v2/auth': '/auth',
}

/** Starts the server; `close` ends it and removes its certificates. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const certificates = await createTestCertificates()
  const requests: string[] = []
  const server = createServer({ key: certificates.key, cert: certificates.cert })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `https://localhost:${port}`
  const provider = createProvider(url, options)
  const refreshes = recordRefreshes(provider)
  takeScopesAsMicrosoft(provider)
  const grants = new Map<string, Set<string>>()
  const accessTokens = new Set<{ accountId: string; destroy(): Promise<void> }>()
  provider.on('access_token.saved', (token) => accessTokens.add(token))
  const handle = createHandler(url, provider, grants, options)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    handle(request, response)
  })
  return {
    url,
    port,
    certificates,
    requests,
    refreshes,
    findToken: async (accessToken) => {
      const token = await provider.AccessToken.find(accessToken)
      return token && { user: token.accountId, scopes: (token.scope ?? '').split(' ') }
    },
    introspect: async (accessToken) => (await provider.AccessToken.find(accessToken))?.accountId,
    decideDevice: (userCode, user) => decideDevice(provider, userCode, user, grants),
    appOf: async (accessToken) => (await provider.ClientCredentials.find(accessToken))?.clientId,
    revokeGrants: async (user) => {
      for (const grantId of grants.get(user) ?? []) await revoke(provider, grantId)
    },
    revokeAccessTokens: async (user) => {
      for (const token of accessTokens) if (token.accountId === user) await token.destroy()
      accessTokens.clear()
    },
    close: () => close(server, certificates),
  }
}

function createProvider(
  url: string,
  {
    accessTokenLifetime = 60,
    accessTokenLength = 43,
    identityIn = 'id_token',
    clientCertificate,
  }: AuthorizationServerOptions,
): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = {
    ...privateKey.export({ format: 'jwk' }),
    kty: 'EC',
    alg: 'ES256',
    use: 'sig',
  }
  return new Provider(url, {
    jwks: { keys: [signingKey] },
    clients: [...signInClients(), ...appClients(clientCertificate)],
    scopes,
    claims: { openid: ['sub'], email: ['email'], profile: ['preferred_username'] },
    conformIdTokenClaims: identityIn === 'userinfo',
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, email: accountId, preferred_username: accountId }),
    }),
    features: {
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
    },
    formats: {
      bitsOfOpaqueRandomness: (_context, { kind }) =>
        kind === 'AccessToken' ? accessTokenLength * 6 : 256,
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    // Google gives a refresh token without a scope for it.
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: accessTokenLifetime,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    cookies: { keys: ['cookies of a test'] },
  })
}

function createHandler(
  url: string,
  provider: Provider,
  grants: Map<string, Set<string>>,
  { signsInAs = (hinted) => hinted }: AuthorizationServerOptions,
) {
  const callback = provider.callback()
  return (request: IncomingMessage, response: ServerResponse): void => {
    const [path = '', query] = (request.url ?? '').split('?')
    if (path === `/${testTenant}/v2.0/.well-known/openid-configuration`) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(microsoftMetadata(url)))
      return
    }
    if (path === '/revoke') {
      void answerRevocation(provider, request, response).catch(() => failHere(response))
      return
    }
    if (path.startsWith('/interaction/')) {
      void answerInteraction({ provider, request, response, grants, signsInAs }).catch(() =>
        failHere(response),
      )
      return
    }
    // Microsoft grants offline access without being asked for a consent.
    const asked =
      paths[path] === '/auth' ? `${query?.replace(/&prompt=consent/, '')}&prompt=consent` : query
    request.url = [paths[path] ?? path, ...(asked === undefined ? [] : [asked])].join('?')
    void callback(request, response)
  }
}

/** As after Back, or at an address that was made up: the sign-in here is over. */
function failHere(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy()
  response.statusCode = 400
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Test provider</title>
<h1>This sign-in is over</h1>
<p>Begin it again with the command <code>cms-oauth login</code>.</p>
</html>
`)
}

function microsoftMetadata(url: string) {
  const base = `${url}/${testTenant}`
  return {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${url}/jwks`,
  }
}

/** Google asks for no client's credentials here. */
async function answerRevocation(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const token = (await readForm(request)).get('token') ?? ''
  const found = await provider.RefreshToken.find(token)
  if (found?.grantId !== undefined) await revoke(provider, found.grantId)
  response.statusCode = found === undefined ? 400 : 200
  response.end('{}')
}

async function revoke(provider: Provider, grantId: string): Promise<void> {
  await provider.RefreshToken.revokeByGrantId(grantId)
  await provider.AccessToken.revokeByGrantId(grantId)
  await (await provider.Grant.find(grantId))?.destroy()
}

async function close(server: Server, certificates: TestCertificates): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
  await certificates.remove()
}
