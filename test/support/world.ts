import {
  type AuthorizationServer,
  startAuthorizationServer,
  testClientId,
  testClientSecret,
  testTenant,
} from './authorization-server.ts'
import { createHome, type Home, type RunningDaemon, startDaemon } from './daemon.ts'
import { signInThroughPage } from './sign-in.ts'
import { startSubmissionServer, type SubmissionServer } from './submission-server.ts'

/** A provider, a mail server and a home: all that a mail program needs, on loopback. */
export interface World {
  user: string
  provider: AuthorizationServer
  mail: SubmissionServer
  home: Home
  close(): Promise<void>
}

/** Starts everything but the daemon. */
export async function createWorld(
  options: Parameters<typeof startAuthorizationServer>[0] = {},
): Promise<World> {
  const provider = await startAuthorizationServer(options)
  const mail = await startSubmissionServer({
    certificates: provider.certificates,
    introspect: (token) => provider.introspect(token),
  })
  const home = await createHome(provider.certificates.caFile)
  return {
    user: 'user@example.com',
    provider,
    mail,
    home,
    close: async () => {
      await mail.close()
      await provider.close()
      await home.remove()
    },
  }
}

/** The [[account]] of a provider's shape against the test server. */
export function accountToml(
  { provider, user }: World,
  shape: 'office365' | 'gmail' | 'oidc' = 'office365',
): string {
  const { url } = provider
  const common = `[[account]]\nuser = "${user}"\nprovider = "${shape}"\n`
  switch (shape) {
    case 'office365':
      return `${common}client_id = "${testClientId}"\ntenant = "${testTenant}"\nauthority = "${url}"\n`
    case 'gmail':
      return (
        `${common}client_id = "${testClientId}-post"\nclient_secret = "${testClientSecret}"\n` +
        `authorization_endpoint = "${url}/o/oauth2/v2/auth"\ntoken_endpoint = "${url}/token"\n` +
        `revocation_endpoint = "${url}/revoke"\n`
      )
    case 'oidc':
      return (
        `${common}client_id = "${testClientId}-basic"\nclient_secret = "${testClientSecret}"\n` +
        `authority = "${url}"\nscopes = ["openid", "email", "offline_access", "mail"]\n`
      )
  }
}

/** Starts the daemon with this configuration and signs the user in through the page. */
export async function startSignedIn(world: World, toml: string): Promise<RunningDaemon> {
  await world.home.configure(toml)
  const daemon = await startDaemon(world.home)
  const last = await signIn(world, daemon)
  if (last.event === 'completed') return daemon
  await daemon.stop()
  throw new Error(`the sign-in failed: ${JSON.stringify(last)}`)
}

/** Signs the user in through the page; resolves with the last line. */
export function signIn(world: World, daemon: RunningDaemon) {
  const { ca } = world.provider.certificates
  return signInThroughPage(daemon.control, world.user, { ca })
}
