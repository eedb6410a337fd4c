import type { AccountConfiguration } from '../configuration/configuration.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { defaultScopes } from './default-scopes.ts'
import { essence } from './missing-permissions.ts'

/**
 * What a protocol needs and the "scopes" of an account leave out. Empty where it names none, since
 * they follow then; and where nobody knows: servers of oidc may call theirs as they like.
 */
export function lackingScopes(configuration: AccountConfiguration, protocol: Protocol): string[] {
  const { provider, scopes, grant } = configuration
  const isKnown = provider !== 'oidc' && grant !== 'client_credentials'
  if (scopes === undefined || !isKnown) return []
  if (scopes.some((scope) => scope.endsWith('/.default'))) return []
  const given = new Set(scopes.map((scope) => essence(provider, scope)))
  return defaultScopes(configuration, [protocol]).filter((scope) => {
    return !given.has(essence(provider, scope))
  })
}
