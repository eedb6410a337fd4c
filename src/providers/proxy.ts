/** The proxy that the environment names: HTTPS_PROXY and NO_PROXY, read as curl(1) reads them. */
import { ProviderUnavailableError } from '../errors.ts'

/**
 * The proxy on the way to a URL; undefined: there is none.
 * @throws ProviderUnavailableError where HTTPS_PROXY is no URL
 */
export function proxyFor(url: string, env: NodeJS.ProcessEnv): URL | undefined {
  const given = firstOf(env, ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])
  if (given === '') return undefined
  const exceptions = firstOf(env, ['no_proxy', 'NO_PROXY']).split(/[\s,]+/)
  const isException = exceptions.some((entry) => entry !== '' && excepts(entry, new URL(url)))
  return isException ? undefined : parseProxy(given)
}

function firstOf(env: NodeJS.ProcessEnv, names: readonly string[]): string {
  return names.map((name) => env[name] ?? '').find((value) => value !== '') ?? ''
}

/** An entry is `*`, an address, or a domain with all below it; a port narrows it. */
function excepts(entry: string, { hostname, port }: URL): boolean {
  const isBareIpv6 = !entry.startsWith('[') && entry.split(':').length > 2
  const [, name = '', only] = isBareIpv6
    ? ['', `[${entry}]`]
    : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? [])
  if (only !== undefined && only !== (port || '443')) return false
  const domain = name.replace(/^\*?\./, '').toLowerCase()
  return domain === '*' || hostname === domain || hostname.endsWith(`.${domain}`)
}

/** One without a scheme is spoken to in plain HTTP. */
function parseProxy(given: string): URL {
  const text = given.includes('://') ? given : `http://${given}`
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text)
  // Its text may hold a password.
  throw new ProviderUnavailableError('HTTPS_PROXY is not the URL of a proxy', {
    hint: 'write it as http://HOST:PORT, then restart cms-oauthd',
    actor: 'you',
  })
}
