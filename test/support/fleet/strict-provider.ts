/** A provider of many accounts that rotates strictly: an old refresh token that comes back ends the sign-in. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { createTestCertificates } from '../certificates.ts'
import { readForm } from '../sign-in-form.ts'

/** One request for tokens. */
export interface Refresh {
  account: string
  /** Which token of the sign-in was presented; the first is 0. */
  generation: number
  atMs: number
  outcome: 'rotated' | 'reused' | 'dead'
  /** The address of who asked. */
  from: string
  /** Whether whoever asked was still there for the answer. */
  isAnswered: boolean
}

/** The provider. */
export interface StrictProvider {
  url: string
  caFile: string
  /** All requests for tokens, in order. */
  refreshes: Refresh[]
  /** Signs an account in, again if it is already; the refresh token. */
  signIn(account: string): string
  /** True while this is an access token of the account that has not expired. */
  isLive(account: string, accessToken: string): boolean
  /** How many tokens the newest sign-in of an account has had. */
  generations(account: string): number
  /** Accounts whose sign-in is dead, because an old token came back. */
  dead(): string[]
  /** How long it works before it rotates, and after that before it answers. */
  setWork(beforeMs: number, afterMs: number): void
  /** Keeps old tokens valid, as Microsoft does. */
  isLenient: boolean
  /** Who asks is told: called with the account when it has rotated, before it answers. */
  onRotated: ((account: string) => void) | undefined
  close(): Promise<void>
}

interface Family {
  account: string
  newest: number
  isDead: boolean
}

interface StrictProviderOptions {
  /** Where it listens. */
  address: string
  /** How long an access token lives. */
  lifetimeS: number
}

/** Starts it. */
export async function startStrictProvider(options: StrictProviderOptions): Promise<StrictProvider> {
  const { address, lifetimeS } = options
  const certificates = await createTestCertificates({ addresses: [address] })
  const families = new Map<string, Family>()
  const byRefreshToken = new Map<string, { family: Family; generation: number }>()
  const liveUntilMs = new Map<string, { account: string; untilMs: number }>()
  const refreshes: Refresh[] = []
  let [beforeMs, afterMs, count] = [60, 60, 0]

  const issue = (family: Family, generation: number) => {
    family.newest = generation
    const token = `canary-refresh-${++count}`
    byRefreshToken.set(token, { family, generation })
    return token
  }
  const answerToken = async (request: IncomingMessage, response: ServerResponse) => {
    const presented = (await readForm(request)).get('refresh_token') ?? ''
    await setTimeout(beforeMs)
    const known = byRefreshToken.get(presented)
    if (known === undefined) return end(response, 400, { error: 'invalid_grant' })
    const { family, generation } = known
    const isReused = generation !== family.newest && !provider.isLenient
    const outcome = family.isDead ? 'dead' : isReused ? 'reused' : 'rotated'
    const entry: Refresh = {
      account: family.account,
      generation,
      atMs: Date.now(),
      outcome,
      from: request.socket.remoteAddress ?? '',
      isAnswered: false,
    }
    refreshes.push(entry)
    response.once('finish', () => (entry.isAnswered = true))
    if (isReused) family.isDead = true
    if (outcome !== 'rotated') return end(response, 400, { error: 'invalid_grant' })
    const refreshToken = issue(family, family.newest + 1)
    const accessToken = `canary-access-${count}`
    const untilMs = Date.now() + lifetimeS * 1_000
    liveUntilMs.set(accessToken, { account: family.account, untilMs })
    const work = setTimeout(afterMs)
    provider.onRotated?.(family.account)
    await work
    end(response, 200, {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: lifetimeS,
    })
  }
  const { key, cert } = certificates
  const server = createServer({ key, cert }, (request, response) => {
    if (request.method === 'POST') void answerToken(request, response)
    else end(response, 200, metadata(provider.url))
  })
  await once(server.listen(0, address), 'listening')
  const { port } = server.address() as AddressInfo
  const provider: StrictProvider = {
    url: `https://${address === '127.0.0.1' ? 'localhost' : address}:${port}`,
    caFile: certificates.caFile,
    refreshes,
    isLenient: false,
    onRotated: undefined,
    signIn: (account) => {
      const family = { account, newest: 0, isDead: false }
      families.set(account, family)
      return issue(family, 0)
    },
    isLive: (account, accessToken) => {
      const known = liveUntilMs.get(accessToken)
      return known?.account === account && known.untilMs > Date.now()
    },
    generations: (account) => families.get(account)?.newest ?? 0,
    dead: () => [...families.values()].filter(({ isDead }) => isDead).map(({ account }) => account),
    setWork: (before, after) => {
      ;[beforeMs, afterMs] = [before, after]
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await certificates.remove()
    },
  }
  return provider
}

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(body))
}

function metadata(url: string): object {
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/jwks`,
  }
}
