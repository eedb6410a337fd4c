import type { RecordedExchange } from '../recorded-exchange.ts'

/**
 * The standard's `fetch` over our network, as far as google-auth-library uses it. `url` takes the
 * place of whatever URL the library asks for: that of a service account's tokens is fixed in it.
 */
export function createFetch(exchange: RecordedExchange, url?: string): typeof fetch {
  return async (input, init = {}) => {
    // `fetch` itself gives such a body its content type, and the library relies on it.
    const headers = new Headers(init.headers)
    if (init.body instanceof URLSearchParams && !headers.has('content-type')) {
      headers.set('content-type', 'application/x-www-form-urlencoded')
    }
    const answer = await exchange.send({
      method: init.method === 'POST' ? 'POST' : 'GET',
      url: url ?? (input instanceof Request ? input.url : String(input)),
      headers: Object.fromEntries(headers),
      ...(init.body instanceof URLSearchParams ? { body: init.body.toString() } : {}),
    })
    // The library reads no tokens in JSON that goes by another name, and needs no other header.
    const type = { 'content-type': 'application/json' }
    return new Response(answer.body, { status: answer.status, headers: type })
  }
}
