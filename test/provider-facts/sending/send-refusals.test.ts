/** Each row of the refusals of the APIs that send, and what every row must keep. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  findSendRefusal,
  sendRefusalRows,
} from '../../../src/provider-facts/sending/find-send-refusal.ts'
import {
  apiOrigin,
  sendingApis,
  sendScopes,
} from '../../../src/provider-facts/sending/sending-api.ts'
import { apiWords } from '../../../src/sender/api-words.ts'

describe('each row is found by what an API said', () => {
  for (const row of sendRefusalRows) {
    const { status, body } = row.example
    test(`${row.api ?? 'any'} ${status}: ${apiWords(body) || row.meaning}`, () => {
      for (const api of row.api === undefined ? (['gmail-api', 'graph'] as const) : [row.api]) {
        assert.equal(findSendRefusal({ api, status, words: apiWords(body) }), row)
      }
    })
  }
})

test('an unknown word of a 4xx keeps the message, whatever the API', () => {
  for (const api of ['gmail-api', 'graph'] as const) {
    for (const status of [400, 402, 403, 404, 405, 409, 410, 415, 422, 451, 499]) {
      const { verdict } = findSendRefusal({ api, status, words: 'NewWord: of next year' })
      assert.equal(verdict, 'operator', `${api} ${status}`)
    }
  }
})

test('an error of the server is temporary, and one that says who must act is not', () => {
  const status = 500
  const verdict = (words: string) => findSendRefusal({ api: 'graph', status, words }).verdict
  assert.equal(verdict(''), 'waits')
  const whatTheOwnerEnds = 'ErrorInternalServerError: WASCL UserAction verdict is not None'
  assert.equal(verdict(whatTheOwnerEnds), 'owner')
})

describe('what every row must keep', () => {
  for (const { verdict, meaning, nextStep, appOnly, source, example } of sendRefusalRows) {
    test(`${example.status} ${meaning}`, () => {
      assert.match(source, /^(?:https:\/\/\S+|RFC \d+ section [\d.]+)$/)
      for (const text of [meaning, nextStep, appOnly?.nextStep ?? '']) {
        assert.doesNotMatch(text, /\.$|\bby itself\b|\banew\b/)
      }
      if (verdict === 'waits') assert.match(nextStep, /automatically/)
      if (verdict === 'administrator') assert.match(nextStep, /administrator/)
      if (verdict === 'person' || verdict === 'token') {
        assert.match(nextStep, /cms-oauth login \{user\}/)
        assert.ok(appOnly, 'an application cannot sign in')
      }
      assert.doesNotMatch(appOnly?.nextStep ?? '', /cms-oauth login|signed in/)
    })
  }
})

test('each API has an origin in each cloud, a limit, and a scope that only sends', () => {
  const clouds = ['global', 'us-gov-high', 'us-gov-dod', 'china']
  assert.deepEqual(
    clouds.map((cloud) => sendScopes('graph', cloud, false)),
    [
      ['https://graph.microsoft.com/Mail.Send'],
      ['https://graph.microsoft.us/Mail.Send'],
      ['https://dod-graph.microsoft.us/Mail.Send'],
      ['https://microsoftgraph.chinacloudapi.cn/Mail.Send'],
    ],
  )
  assert.deepEqual(sendScopes('graph', undefined, true), ['https://graph.microsoft.com/.default'])
  assert.deepEqual(sendScopes('gmail-api', undefined, true), [
    'https://www.googleapis.com/auth/gmail.send',
  ])
  assert.equal(apiOrigin('gmail-api', 'china'), 'https://gmail.googleapis.com')
  assert.equal(sendingApis['gmail-api'].largestBytes, 36_700_160)
  assert.ok(Math.ceil(sendingApis.graph.largestBytes / 3) * 4 <= 4_000_000)
})
