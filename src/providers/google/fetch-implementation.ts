import type { RecordedExchange } from '../recorded-exchange.ts'

/** The standard's `fetch` over our network, as far as google-auth-library uses it. */
export function createFetch(exchange: RecordedExchange): typeof fetch {
  return async (input, init = {}) => {
    const content = typeof init.body === 'string' ? init.body : (init.body ?? '').toString()
    const answer = await exchange.send({
      method: init.method === 'POST' ? 'POST' : 'GET',
      url: input instanceof Request ? input.url : String(input),
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(content === '' ? {} : { body: content }),
    })
    const { status, headers, body } = answer
    return new Response(body, { status, headers })
  }
}
