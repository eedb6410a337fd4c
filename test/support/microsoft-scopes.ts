import { Provider } from 'oidc-provider'

/**
 * Has the server take scopes as Microsoft does: a token is for those of one resource, also the first one of
 * a sign-in that allows several, and what nobody has consented to is refused by AADSTS65001.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-access-token-with-a-client_secret
 */
export function takeScopesAsMicrosoft(provider: Provider): void {
  const { AccessToken } = provider
  const save = Reflect.get<typeof AccessToken.prototype, 'save'>(AccessToken.prototype, 'save')
  AccessToken.prototype.save = function () {
    const asked = new Set(askedScopes(Provider.ctx?.oidc.body))
    const isOfMicrosoft = [...asked].some((scope) => resourceOf(scope) !== undefined)
    if (isOfMicrosoft && this.scope !== undefined) {
      this.scope = this.scope
        .split(' ')
        .filter((scope) => asked.has(scope))
        .join(' ')
    }
    return save.call(this)
  }
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.oidc?.route !== 'token') return
    const asked = askedScopes(ctx.oidc.body)
    const resources = new Set(asked.flatMap((scope) => resourceOf(scope) ?? []))
    if (resources.size > 1) refuse(ctx, 'invalid_request', 28_000)
    const { error } = (ctx.body ?? {}) as { error?: string }
    if (resources.size === 1 && error === 'invalid_scope') refuse(ctx, 'invalid_grant', 65_001)
  })
}

function refuse(ctx: { status: number; body: unknown }, error: string, number: number): void {
  ctx.status = 400
  ctx.body = { error, error_description: `AADSTS${number}: no`, error_codes: [number] }
}

function askedScopes(body: Record<string, unknown> | undefined): string[] {
  const scope = body?.['scope']
  return typeof scope === 'string' ? scope.split(' ') : []
}

/** Undefined for a scope that is not of a resource of Microsoft. */
function resourceOf(scope: string): string | undefined {
  return /^https:\/\/(?:graph|outlook)\.[^/]+/.exec(scope)?.[0]
}
