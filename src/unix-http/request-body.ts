import type { IncomingMessage } from 'node:http'
import { RequestInvalidError } from '../errors.ts'
import { parseJson } from '../shapes/parse-json.ts'
import type { Shape } from '../shapes/shape.ts'

const bodyLimitBytes = 64 * 1024

/**
 * The JSON object that a request carries; no body at all is an empty one.
 * @throws RequestInvalidError that names a field and never a value: it may be a refresh token
 */
export async function readBody<T extends object>(
  request: IncomingMessage,
  shape: Shape<T>,
): Promise<T> {
  const text = await readText(request)
  const body = parseJson(text === '' ? '{}' : text)
  if (body === undefined) throw new RequestInvalidError('the body is not JSON')
  const place = shape(body)
  if (place === undefined) return body as T
  const isOfTheWhole = place === '' || place === '.?'
  const field = isOfTheWhole ? 'the whole' : place.slice(1)
  throw new RequestInvalidError(`the body is not as documented: ${field}`)
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk as string
      if (text.length > bodyLimitBytes) break
    }
  } catch (error) {
    throw new RequestInvalidError('the request ended before its body was complete', {
      cause: error,
    })
  }
  if (text.length > bodyLimitBytes) throw new RequestInvalidError('the body is too long')
  return text
}
