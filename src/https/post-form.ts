import { type HttpsAnswer, type HttpsRequest, sendHttpsRequest } from './https-request.ts'
import { sendTokenRequest, type TokenExchange } from './token-exchange.ts'

interface Form {
  url: string
  fields: Record<string, string>
  headers?: Record<string, string>
}

/** Sends a form to an endpoint (RFC 6749 appendix B). @throws as `sendHttpsRequest` does */
export function postForm(form: Form & { signal: AbortSignal }): Promise<HttpsAnswer> {
  return sendHttpsRequest({ ...requestOf(form), signal: form.signal })
}

/** Sends a form that asks for tokens. @throws as `sendTokenRequest` does */
export function postTokenForm(exchange: TokenExchange, form: Form): Promise<HttpsAnswer> {
  return sendTokenRequest(exchange, requestOf(form))
}

function requestOf({ url, fields, headers = {} }: Form): Omit<HttpsRequest, 'signal'> {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  }
}
