/** Why no answer of a provider came, and who can end that. */
import { type Actor, ProviderUnavailableError, triedAgain } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { ownShortage } from '../files/own-shortage.ts'
import type { Proxy } from './proxy.ts'

const again = `it ${triedAgain}`

/** What a proxy answers instead of connecting. */
export class ProxyRefusal extends Error {
  readonly status: number

  constructor(status: number) {
    super(`it answered ${status}`)
    this.status = status
  }
}

/** The error of a request to a provider that a library reports. */
export function unreachable(
  url: string,
  proxy: Proxy | undefined,
  error: NodeJS.ErrnoException,
): ProviderUnavailableError {
  const { host } = new URL(url)
  const reason = error.code ?? error.message
  const way = proxy === undefined ? '' : ` through the proxy "${proxy.url.host}"`
  const { hint, actor } = adviceFor(reason, proxy, error)
  return new ProviderUnavailableError(
    `"${host}" cannot be reached${way}: ${withErrnoWords(reason)}`,
    {
      hint,
      actor,
      cause: error,
    },
  )
}

interface Advice {
  hint: string
  actor: Actor
}

function adviceFor(reason: string, proxy: Proxy | undefined, error: Error): Advice {
  const shortage = ownShortage(reason)
  if (shortage !== undefined) return { hint: `${shortage}; ${again}`, actor: 'nobody' }
  const known = tlsAdvice(reason) ?? (proxy && refusalAdvice(proxy, error))
  if (known !== undefined) return known
  const cause = explanations[reason]?.(proxy === undefined ? 'the provider' : 'the proxy')
  const where =
    proxy === undefined
      ? 'the network of this machine'
      : `${proxy.variable} and NO_PROXY in the environment of cms-oauthd`
  const check = `check ${where}; ${again}`
  return { hint: cause === undefined ? check : `${cause}: ${check}`, actor: 'nobody' }
}

function refusalAdvice({ variable }: Proxy, error: Error): Advice | undefined {
  const status = error instanceof ProxyRefusal ? error.status : undefined
  if (status === 407) {
    const hint = `the proxy requires a user and a password: set ${variable}=http://USER:PASSWORD@HOST:PORT, then restart cms-oauthd`
    return { hint, actor: 'you' }
  }
  if (status !== 403) return undefined
  const hint = `the proxy does not allow it: ask whoever runs the proxy, or name the host in NO_PROXY where there is a way without; ${again}`
  return { hint, actor: 'administrator' }
}

/** A certificate, or a protocol, that TLS does not take. */
function tlsAdvice(reason: string): Advice | undefined {
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(reason)) {
    const hint =
      'its certificate is not valid at this time: check the clock of this machine ("timedatectl"), and what is in between'
    return { hint, actor: 'you' }
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(reason)) {
    const hint =
      'its certificate is not trusted here; set NODE_EXTRA_CA_CERTS for the certificate authority of a company; where the network requires a sign-in of its own (captive portal), do that first, in a browser'
    return { hint, actor: 'you' }
  }
  if (!/^(EPROTO|ERR_SSL_)/.test(reason)) return undefined
  const hint = `TLS 1.2 or newer is required: check the port, and what is in between; ${again}`
  return { hint, actor: 'nobody' }
}

const explanations: Partial<Record<string, (whom: string) => string>> = {
  ENOTFOUND: (whom) => `the name of ${whom} is not known to the name server`,
  EAI_AGAIN: () => 'no name server answers',
  ECONNREFUSED: (whom) => `nothing listens there for ${whom}`,
  ECONNRESET: () => 'the connection was cut off',
  EHOSTUNREACH: (whom) => `there is no route to ${whom}`,
  ENETUNREACH: (whom) => `there is no route to ${whom}`,
  ETIMEDOUT: (whom) => `${whom} does not answer`,
}
