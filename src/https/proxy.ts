/** The proxy that the environment names, read as curl(1) reads it. */
import { ConfigInvalidError } from '../errors.ts'
import { isExcepted } from './no-proxy.ts'

/** A proxy, and the variable that names it. */
export interface Proxy {
  url: URL
  variable: string
}

/** The first that is set counts (ENVIRONMENT of curl(1)); for https, HTTP_PROXY is never read. */
const variables = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const
/** curl's port for a proxy that names none. */
const usualPort = '1080'

/**
 * The proxy on the way to a URL; undefined: there is none.
 * @throws ConfigInvalidError that names the variable, and what is wrong with its value
 */
export function proxyFor(url: string, env: NodeJS.ProcessEnv): Proxy | undefined {
  const variable = variables.find((name) => isSet(env, name))
  if (variable === undefined) return undefined
  const exceptions = ['no_proxy', 'NO_PROXY'].find((name) => isSet(env, name)) ?? ''
  if (isExcepted(env[exceptions] ?? '', new URL(url))) return undefined
  return { url: parseProxy(variable, env[variable] ?? ''), variable }
}

function isSet(env: NodeJS.ProcessEnv, name: string): boolean {
  return (env[name] ?? '') !== ''
}

/** One without a scheme is spoken to in plain HTTP. No part of it is shown: it may hold a password. */
function parseProxy(variable: string, given: string): URL {
  const refuse = (what: string, hint?: string) => refusal(variable, what, hint)
  if (given.trim() === '') throw refuse('holds nothing but blanks', `remove ${variable}, or`)
  if (/^(["']).*\1$/.test(given)) throw refuse('has quotes round its value')
  if (/\s/.test(given)) throw refuse('has a blank in its value')
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(given) ?? []
  if (/^socks/i.test(scheme)) throw socks(variable)
  if (!/^https?$/i.test(scheme)) throw refuse(`has the scheme "${scheme.slice(0, 20)}"`)
  const [authority = ''] = rest.split(/[/?#]/)
  const [, secret, host = '', port] = /^(?:(.*)@)?(\[.*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? []
  if (secret !== undefined && /%(?![0-9a-f]{2})/i.test(secret)) {
    throw refuse(
      'has a "%" in its user or password that begins no code',
      'write "%25" for "%", and',
    )
  }
  if (host === '') throw refuse('does not name a host', escapeHint(secret, rest, authority))
  if (port !== undefined && !isPort(port)) {
    throw refuse(
      'has a port that is not a number from 1 to 65535',
      escapeHint(secret, rest, authority),
    )
  }
  const text = `${scheme}://${authority}`
  if (!URL.canParse(text)) throw refuse('is not the URL of a proxy')
  const url = new URL(text)
  if (port === undefined && /^http$/i.test(scheme)) url.port = usualPort
  return url
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}

/** An authority ends at "/", "?" and "#", which a password may have meant otherwise. */
function escapeHint(secret: string | undefined, rest: string, authority: string) {
  const isCut = secret === undefined && rest.slice(authority.length).includes('@')
  return isCut
    ? 'write "%2F" for "/", "%3F" for "?" and "%23" for "#" in the password, and'
    : undefined
}

function socks(variable: string): ConfigInvalidError {
  const message = `${variable} names a SOCKS proxy, and only HTTP proxies are spoken to`
  const other = /^all/i.test(variable) ? 'set HTTPS_PROXY (it goes first)' : `set ${variable}`
  return new ConfigInvalidError(message, {
    hint: `${other} to http://HOST:PORT of an HTTP proxy, or name the host in NO_PROXY, then restart cms-oauthd`,
  })
}

function refusal(variable: string, what: string, first = ''): ConfigInvalidError {
  return new ConfigInvalidError(`${variable} ${what}`, {
    hint: `${first} set it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, then restart cms-oauthd`.trim(),
  })
}
