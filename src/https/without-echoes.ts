import { Mask } from '../logging/mask.ts'

/** What left. */
interface SentRequest {
  url: string
  headers?: Record<string, string>
  body?: string | Buffer
}

const secretFields = [
  'refresh_token',
  'token',
  'code',
  'code_verifier',
  'device_code',
  'client_secret',
  'client_assertion',
  'assertion',
]

/**
 * A refusal without the secrets of the refused request, in whatever form they are: a server may repeat what
 * it was sent, and write it as JSON or as a form does.
 */
export function withoutEchoes(refusal: string, request: SentRequest): string {
  const mask = new Mask()
  for (const secret of secretsOf(request)) mask.add(secret)
  return mask.apply(refusal)
}

/** Of the form, the query and the header. A body of bytes is a message, and none of ours. */
function secretsOf({ url, headers, body }: SentRequest): string[] {
  const form = new URLSearchParams(typeof body === 'string' ? body : '')
  const [, query = ''] = url.split('?', 2)
  const fields = [form, new URLSearchParams(query)].flatMap((sent) =>
    secretFields.flatMap((name) => sent.getAll(name)),
  )
  const [scheme = '', credentials = ''] = headers?.['authorization']?.split(' ', 2) ?? []
  return [...fields, credentials, ...passwordsIn(scheme, credentials)]
}

/** RFC 6749 section 2.3.1: form-encoded before it is RFC 7617's. */
function passwordsIn(scheme: string, credentials: string): string[] {
  if (scheme.toLowerCase() !== 'basic') return []
  const [, password = ''] =
    /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
  return [password, ...new URLSearchParams(`p=${password}`).getAll('p')]
}
