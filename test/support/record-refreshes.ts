import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

/** One request for tokens, as the test server saw it; tokens are SHA-256 sums. */
export interface TokenExchange {
  grantType: string
  /** Of the client that asked. */
  clientId: string | undefined
  /** The refresh token that was presented. */
  presented: string | undefined
  /** The one that was given for it; undefined: the request was refused. */
  issued: string | undefined
}

/** What the test server knows of refresh tokens. */
export interface RefreshRecord {
  /** Of every request for tokens that it has decided on, in order. */
  exchanges: TokenExchange[]
  /** Has something done when the server has rotated, and before it tells so on this connection. */
  beforeNextAnswer(act: (connection: Socket) => unknown): void
  /** The newest refresh token itself, for a test that presents it. */
  newest(): string
}

/** Watches the test server's answers. */
export function recordRefreshes(provider: Provider): RefreshRecord {
  const exchanges: TokenExchange[] = []
  let newest = ''
  let act: ((connection: Socket) => unknown) | undefined
  const record = (ctx: KoaContextWithOIDC, issued: string | undefined) => {
    const { grant_type: grantType, refresh_token: presented } = ctx.oidc.params ?? {}
    exchanges.push({
      grantType: String(grantType),
      clientId: ctx.oidc.client?.clientId,
      presented: typeof presented === 'string' ? sumOf(presented) : undefined,
      issued: issued === undefined ? undefined : sumOf(issued),
    })
  }
  provider.on('grant.success', (ctx) => {
    const { refresh_token: issued } = ctx.body as { refresh_token?: string }
    if (issued !== undefined) newest = issued
    record(ctx, issued)
  })
  provider.on('grant.error', (ctx) => record(ctx, undefined))
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return
    const now = act
    act = undefined
    await now?.(ctx.req.socket)
  })
  return {
    exchanges,
    beforeNextAnswer: (then) => {
      act = then
    },
    newest: () => newest,
  }
}

function sumOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
