import type { IncomingMessage } from 'node:http'
import { RequestInvalidError } from '../errors.ts'

const bodyLimitBytes = 64 * 1024

/** Of each field that a body may have, whether a value (undefined where it is absent) is right. */
type Fields<T> = { [Name in keyof T]-?: (value: unknown) => boolean }

/**
 * The JSON object that a request carries; no body at all is an empty one.
 * @throws RequestInvalidError that names fields and never values: one may be a refresh token
 */
export async function readBody<T extends object>(
  request: IncomingMessage,
  fields: Fields<T>,
): Promise<T> {
  const text = await readText(request)
  const body = parseJson(text === '' ? '{}' : text)
  const wrong = wrongFields(body, fields)
  if (wrong.length === 0) return body as T
  throw new RequestInvalidError(`the body is not as documented: ${wrong.join(', ')}`)
}

function wrongFields(body: unknown, fields: Record<string, (value: unknown) => boolean>): string[] {
  const whole = 'the whole'
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return [whole]
  const values = new Map<string, unknown>(Object.entries(body))
  const wrong = Object.entries(fields).flatMap(([name, isRight]) =>
    isRight(values.get(name)) ? [] : [name],
  )
  const isKnown = (name: string) => Object.hasOwn(fields, name)
  return [...values.keys()].every(isKnown) ? wrong : [...wrong, whole]
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestInvalidError('the body is not JSON')
  }
}
