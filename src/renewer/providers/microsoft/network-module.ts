import type { INetworkModule, NetworkRequestOptions } from '@azure/msal-node'
import type { HttpsAnswer } from '../../../https/https-request.ts'
import { parseJsonObject } from '../../../oauth/json-object.ts'
import type { RecordedExchange } from '../recorded-exchange.ts'

interface NetworkResponse<T> {
  headers: Record<string, string>
  body: T
  status: number
}

/**
 * msal-node's network over ours. After a Retry-After the library refuses locally for a minute, so it
 * is shown every refusal as a plain 400 without that header.
 */
export function createNetworkModule(exchange: RecordedExchange): INetworkModule {
  const send =
    (method: 'GET' | 'POST') =>
    async <T>(url: string, options: NetworkRequestOptions = {}): Promise<NetworkResponse<T>> => {
      const { headers = {}, body } = options
      const content = body === undefined ? {} : { body }
      return forLibrary<T>(await exchange.send({ method, url, headers, ...content }))
    }
  return { sendGetRequestAsync: send('GET'), sendPostRequestAsync: send('POST') }
}

function forLibrary<T>({ status, headers, body }: HttpsAnswer): NetworkResponse<T> {
  const { 'retry-after': _, ...rest } = headers
  return {
    status: status >= 300 ? 400 : status,
    headers: rest,
    body: parseJsonObject(body) as T,
  }
}
