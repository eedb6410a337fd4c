import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { parseRequest } from '../../../src/daemon/socket/request.ts'

const fragments = ['SMTP', 'POP', ',json', ',token', ' ', 'u@x', '\r', '\n', '\0', '\u00ff', '@']

/** Requests that nearly are some, made of these pieces. */
function nearMisses(pieces: readonly string[]): fc.Arbitrary<Uint8Array> {
  return fc
    .array(fc.constantFrom(...pieces), { maxLength: 12 })
    .map((all) => Buffer.from(all.join(''), 'latin1'))
}

/** Bytes of any kind, and requests that nearly are some. */
export const malformedRequest = fc.oneof(
  nearMisses(fragments),
  fc.uint8Array({ maxLength: 600, size: 'large' }),
)

/** The same without those that ask for JSON, which are told why they are refused. */
export const unansweredRequest = fc.oneof(
  nearMisses(fragments.filter((fragment) => fragment !== ',json')),
  fc.uint8Array({ maxLength: 600, size: 'large' }),
)

/** That so many malformed requests are refused or read, and none throws. */
export function assertTotalParser(numRuns: number): void {
  const property = fc.property(malformedRequest, (input) => {
    const parsed = parseRequest(Buffer.from(input))
    if ('request' in parsed) assert.match(parsed.request.user, /^[!-~]*@[!-~]*$/)
    else assert.notEqual(parsed.refusal, '')
  })
  fc.assert(property, { numRuns })
}
