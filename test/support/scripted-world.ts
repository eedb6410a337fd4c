import { get } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createHome, type Home, type RunningDaemon, startDaemon } from './daemon.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** The real daemon with one account at a provider whose answers a test writes. */
export interface ScriptedWorld {
  user: string
  server: ScriptedServer
  home: Home
  daemon: RunningDaemon
  /** What the token socket answers; empty: a refusal. */
  ask(format?: string): Promise<string>
  /** Has the server's next answer be a good one, of tokens that nobody had before. */
  answerWell(changes?: object): string
  close(): Promise<void>
}

/** Starts server and daemon; nobody is signed in. */
export async function startScriptedWorld(
  shape: 'office365' | 'gmail' | 'oidc',
): Promise<ScriptedWorld> {
  const user = 'user@example.com'
  const server = await startScriptedServer()
  const home = await createHome(server.certificates.caFile)
  await home.configure(scriptedAccountToml(server.url, user, shape))
  let issued = 0
  const world: ScriptedWorld = {
    user,
    server,
    home,
    daemon: await startDaemon(home),
    ask: (format = 'token') => {
      const connection = connect(home.tokenSocket)
      connection.end(`SMTP,${format} ${user}\n`)
      return text(connection)
    },
    answerWell: (changes = {}) => {
      issued++
      const accessToken = `canary-access-${issued}`
      const refreshToken = `canary-refresh-${issued}`
      const body = { access_token: accessToken, refresh_token: refreshToken, token_type: 'Bearer' }
      server.answer({ status: 200, body: { expires_in: 3_600, ...body, ...changes } })
      return accessToken
    },
    close: async () => {
      await server.close()
      await world.daemon.stop()
      await home.remove()
    },
  }
  return world
}

/** The [[account]] of a provider's shape against the scripted server. */
export function scriptedAccountToml(
  url: string,
  user: string,
  shape: 'office365' | 'gmail' | 'oidc',
): string {
  const common = `[[account]]\nuser = "${user}"\nprovider = "${shape}"\nclient_id = "client"\n`
  switch (shape) {
    case 'office365':
      return `${common}tenant = "tenant"\nauthority = "${url}"\n`
    case 'gmail':
      return (
        `${common}client_secret = "canary-secret"\nauthorization_endpoint = "${url}/auth"\n` +
        `token_endpoint = "${url}/token"\nrevocation_endpoint = "${url}/revoke"\n`
      )
    case 'oidc':
      return `${common}client_secret = "canary-secret"\nauthority = "${url}"\nscopes = ["mail"]\n`
  }
}

/**
 * Goes from the sign-in page to the redirect URI as a browser whose provider asks nothing; resolves
 * with the page at the end.
 */
export async function returnFromProvider(pageUrl: string): Promise<string> {
  const link = /href="(https:[^"]+)"/.exec(await fetchPage(pageUrl))?.[1] ?? ''
  const { searchParams: asked } = new URL(link.replaceAll('&amp;', '&').replaceAll('&#38;', '&'))
  const redirectUri = new URL(asked.get('redirect_uri') ?? '')
  redirectUri.searchParams.set('code', 'canary-code')
  redirectUri.searchParams.set('state', asked.get('state') ?? '')
  return fetchPage(redirectUri.href)
}

function fetchPage(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const { location } = response.headers
      const page = text(response)
      const next = location === undefined ? page : fetchPage(new URL(location, url).href)
      next.then(resolve, reject)
    }).on('error', reject)
  })
}
