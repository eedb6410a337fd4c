/** A refresh token that a server gave is found, whatever it is wrapped in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readAnswerFields } from '../../src/oauth/answer-fields.ts'
import { refreshTokenIn } from '../../src/oauth/rotated-token.ts'

const token = '1//rotated-~+/=.'
const fields = { access_token: 'a', refresh_token: token, expires_in: 60 }
const json = JSON.stringify(fields)

/** Each with what it is, and whether the answer came to its end. */
const wrapped: [what: string, body: string, isWhole?: boolean][] = [
  ['plain', json],
  ['a byte order mark', `\ufeff${json}`],
  ['blanks and newlines', `\r\n \t${json}\r\n`],
  ['a prefix against inclusion', `)]}',\n${json}`],
  ['a callback', `callback(${json});`],
  ['a list', `[${json}]`],
  ['an envelope', JSON.stringify({ status: 'ok', data: fields })],
  ['two envelopes', JSON.stringify({ result: { tokens: [fields] } })],
  ['text behind it', `${json}\n<!-- served by cache 7 -->`],
  ['a form', new URLSearchParams({ access_token: 'a', refresh_token: token }).toString()],
  ['escapes', json.replace('1//', '1\\/\\/')],
  ['pretty printing', JSON.stringify(fields, null, 2)],
  ['no end', `{"refresh_token":"${token}","scope":"mai`, false],
  ['no end and an envelope', `{"data":{"refresh_token" : "${token}", "x`, false],
  ['a broken value elsewhere', `{"expires_in":NaN,"refresh_token":"${token}"}`],
  ['a name twice', `{"note":"\\"refresh_token\\" follows","x":,"refresh_token":"${token}"}`],
]
for (const [what, body, isWhole = true] of wrapped) {
  test(`in ${what}`, () => {
    assert.equal(refreshTokenIn(body, isWhole)?.reveal(), token)
  })
}

const without: [what: string, body: string, isWhole?: boolean][] = [
  ['nothing', ''],
  ['a page', '<html><body>Welcome</body></html>'],
  ['an answer without one', '{"access_token":"a"}'],
  ['an empty one', '{"refresh_token":""}'],
  ['null', '{"refresh_token":null}'],
  ['a number', '{"refresh_token":7}'],
  ['a control character', '{"refresh_token":"a\\nb"}'],
  ['what is not ASCII', '{"refresh_token":"é"}'],
  ['one that is cut off', '{"refresh_token":"abc', false],
  ['a form that is cut off', 'access_token=a&refresh_token=abc', false],
  ['one that is too long', JSON.stringify({ refresh_token: 'x'.repeat(70_000) })],
]
for (const [what, body, isWhole = true] of without) {
  test(`none in ${what}`, () => {
    assert.equal(refreshTokenIn(body, isWhole), undefined)
  })
}

test('any text is read without an error', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('{', '[', '=', '"'),
  )
  fc.assert(
    fc.property(text, text, fc.boolean(), (one, other, isWhole) => {
      refreshTokenIn(one + other, isWhole)
      refreshTokenIn(`{"refresh_token":${one}`, isWhole)
      assert.equal(typeof readAnswerFields(one + other), 'object')
    }),
  )
})

test('a mebibyte of one character is checked once', () => {
  // What is quadratic takes minutes for so much.
  const limitMs = 15_000
  for (const unit of ['"refresh_token"', '{', '[', '"', '\\', ' ', '=', '{"a":']) {
    const body = unit.repeat(Math.ceil((1024 * 1024) / unit.length))
    const startedAt = performance.now()
    refreshTokenIn(body, true)
    refreshTokenIn(`{${body}`, false)
    const took = performance.now() - startedAt
    assert.ok(took < limitMs, `${JSON.stringify(unit)}: ${took} ms`)
  }
})
