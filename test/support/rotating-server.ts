/**
 * A strictly rotating authorization server (RFC 9700 section 4.14.2) that writes its answers byte by
 * byte, so that a test can have it misbehave in ways that no real one has in common.
 */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestCertificates } from './certificates.ts'
import { readForm } from './sign-in-form.ts'

/** What a good answer of the token endpoint holds. */
export type TokenFields = Record<string, unknown>

/** What becomes of one good answer on its way. */
export interface Misbehaviour {
  /** Settles before anything of the answer is written; absent: at once. */
  when?: Promise<unknown>
  fields?: (good: TokenFields) => TokenFields
  body?: (json: string) => string | Buffer
  status?: number
  /** Lines of the header, in place of a content type and the right length. */
  headers?: (body: Buffer) => string[]
  /** Writes the body; absent: as it is. */
  write?: (body: Buffer) => Buffer
}

interface Family {
  newest: string
  isRevoked: boolean
  isBroken: boolean
}

/** The server; all but `begin` is about the family of tokens that was begun last. */
export interface RotatingServer {
  url: string
  /** How the next answer with tokens misbehaves; one after the other, then well. */
  misbehave(...next: Misbehaviour[]): void
  /** Begins a family, with a refresh token that nobody has presented yet; the older ones live on. */
  begin(): string
  /** The newest refresh token of the family. */
  newest(): string
  /** True once an old refresh token came back, which ends the family. */
  isRevoked(): boolean
  /** Has every refresh of the family meet a status of 500, before anything is rotated; or no more. */
  breakFamily(isBroken: boolean): void
  close(): Promise<void>
}

/** Starts it; `idToken` is what its answers hold of a person. */
export async function startRotatingServer(
  idToken: string,
  certificates: TestCertificates,
): Promise<RotatingServer> {
  const misbehaviours: Misbehaviour[] = []
  let family: Family = { newest: '', isRevoked: false, isBroken: false }
  /** By each refresh token that was ever issued. */
  const families = new Map<string, Family>()
  let count = 0
  let url = ''
  const issue = (to: Family) => {
    to.newest = `canary-refresh-${++count}`
    families.set(to.newest, to)
    return to.newest
  }
  const answerToken = async (request: IncomingMessage, response: ServerResponse) => {
    const form = await readForm(request)
    const presented = form.get('refresh_token') ?? family.newest
    const of = families.get(presented) ?? family
    if (of.isBroken) return end(response, 500, {})
    if (presented !== of.newest) of.isRevoked = true
    if (of.isRevoked) return end(response, 400, { error: 'invalid_grant' })
    const good = {
      access_token: `canary-access-${count + 1}`,
      token_type: 'Bearer',
      expires_in: 3_600,
      refresh_token: issue(of),
      id_token: idToken,
    }
    await writeCrookedly(response, good, misbehaviours.shift() ?? {})
  }
  const server = createServer(
    { key: certificates.key, cert: certificates.cert },
    (request, response) => {
      if (request.method === 'POST') void answerToken(request, response)
      else end(response, 200, metadata(url, request.url ?? ''))
    },
  )
  server.listen(0, 'localhost')
  await once(server, 'listening')
  url = `https://localhost:${(server.address() as AddressInfo).port}`
  return {
    url,
    misbehave: (...next) => {
      misbehaviours.splice(0, misbehaviours.length, ...next)
    },
    begin: () => {
      family = { newest: '', isRevoked: false, isBroken: false }
      return issue(family)
    },
    newest: () => family.newest,
    isRevoked: () => family.isRevoked,
    breakFamily: (isBroken) => {
      family.isBroken = isBroken
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function writeCrookedly(
  { socket }: ServerResponse,
  good: TokenFields,
  misbehaviour: Misbehaviour,
): Promise<void> {
  const { when, fields = (same) => same, body = (json) => json, status = 200 } = misbehaviour
  const { headers = usualHeaders, write = (same) => same } = misbehaviour
  await when
  const bytes = Buffer.from(body(JSON.stringify(fields(good))))
  const head = [`HTTP/1.1 ${status} Some`, ...headers(bytes), 'connection: close', '', '']
  socket?.end(Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), write(bytes)]))
}

function usualHeaders(body: Buffer): string[] {
  return ['content-type: application/json', `content-length: ${body.length}`]
}

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(body))
}

/** Of whatever issuer the path names, in Microsoft's shape or plain. */
function metadata(url: string, path: string): object {
  const issuer = `${url}${path.replace('/.well-known/openid-configuration', '')}`
  const base = issuer.endsWith('/v2.0') ? `${issuer.slice(0, -'/v2.0'.length)}/oauth2/v2.0` : issuer
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    device_authorization_endpoint: `${base}/devicecode`,
    jwks_uri: `${url}/jwks`,
  }
}
