import { type HttpsAnswer, sendHttpsRequest } from './https-request.ts'

interface Form {
  url: string
  fields: Record<string, string>
  headers?: Record<string, string>
  signal: AbortSignal
}

/** Sends a form to an endpoint (RFC 6749 appendix B). @throws as `sendHttpsRequest` does */
export function postForm({ url, fields, headers = {}, signal }: Form): Promise<HttpsAnswer> {
  return sendHttpsRequest({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
    signal,
  })
}
