/** Every row of the table of explanations, met by the real provider code at a server of its shape. */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { actorOf, type CmsOauthError } from '../../../src/errors.ts'
import { Secret } from '../../../src/logging/secret.ts'
import { explanations } from '../../../src/oauth/explanations.ts'
import type { Explanation } from '../../../src/oauth/explanations/explanation.ts'
import { plainWord } from '../../../src/oauth/plain-word.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import type { Renewal } from '../../../src/renewer/providers/issued-token.ts'
import { mistakes } from '../../oauth/beginners-mistakes.ts'
import { assertSentence } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { openExchange } from '../../support/token-exchange.ts'
import { providerShapes, user } from './provider-shapes.ts'

const renewal: Renewal = { kind: 'refresh_token', refreshToken: new Secret('canary-refresh-token') }

/** What Microsoft answers a refresh with, for one of its numbers. */
function microsoftAnswer(aadsts: number, error: string): object {
  return {
    error,
    error_description: `AADSTS${aadsts}: Words of the day. Trace ID: 1 Correlation ID: 2`,
    error_codes: [aadsts],
    timestamp: '2026-01-01 00:00:00Z',
    trace_id: '1',
    correlation_id: 'the-correlation',
  }
}

/** Answers that servers have been seen to give, with a word and a description. */
const seenAnswers = [
  ['invalid_grant', 'reauth related error (invalid_rapt)'],
  ['invalid_grant', 'Account has been deleted'],
  ['invalid_grant', 'Token has been expired or revoked.'],
  ...Object.values(mistakes)
    .flat()
    .map(({ answer: { error, error_description: description } }) => [error, description]),
  ['permission_denied', 'Gmail API has not been used in project 123 before or it is disabled.'],
] as const

/** One of them that a row is for. */
function answerFor({ error, description }: Explanation): object {
  if (description === undefined) return { error, error_description: 'Bad Request' }
  const seen = seenAnswers.find(
    ([word, text]) =>
      typeof text === 'string' &&
      description.test(text) &&
      (error === undefined || (typeof word === 'string' && plainWord(word) === error)),
  )
  assert.ok(seen !== undefined, String(description))
  return { error: seen[0], error_description: seen[1] }
}

let server: ScriptedServer

before(async () => {
  server = await startScriptedServer()
  globalAgent.options.ca = server.certificates.ca
})
after(() => server.close())

/** What a refresh at a server that answers so fails with. */
async function failureAt(name: 'office365' | 'gmail', body: object): Promise<CmsOauthError> {
  const shape = providerShapes.find((known) => known.name === name) ?? assert.fail()
  const provider = await new Providers().find(name)
  server.answer({ status: 400, body })
  const refreshed = provider.refresh(shape.account(server.url), renewal, openExchange())
  return refreshed.then(
    () => assert.fail('it was refused'),
    (error: CmsOauthError) => error,
  )
}

const codes = {
  you: ['sign_in_required', 'provider_rejected'],
  operator: ['provider_rejected'],
  administrator: ['provider_rejected'],
  nobody: ['provider_unavailable'],
}

function assertExplained(failure: CmsOauthError, row: Explanation): void {
  assert.equal(actorOf(failure), row.actor === 'operator' ? 'you' : row.actor)
  assert.ok(codes[row.actor].includes(failure.code), failure.code)
  if (row.meaning !== undefined) assert.ok(failure.message.includes(row.meaning), failure.message)
  if (row.actor !== 'nobody') {
    const step = row.nextStep
      .replaceAll('{login}', `run "cms-oauth login ${user}"`)
      .replaceAll('{reload}', 'run "cms-oauth reload"')
    const isComplete = step !== row.nextStep
    const then = isComplete ? '' : `, then run "cms-oauth refresh ${user}"`
    assert.equal(failure.hint, `${step}${then}`)
  }
  assert.ok(!JSON.stringify(failure).includes('canary'))
}

describe('Microsoft', () => {
  for (const row of explanations) {
    const { aadsts } = row
    if (aadsts === undefined) continue
    test(`AADSTS${aadsts}: ${row.meaning}`, async () => {
      for (const error of ['invalid_grant', 'interaction_required', 'invalid_client']) {
        const failure = await failureAt('office365', microsoftAnswer(aadsts, error))
        assertExplained(failure, row)
        assert.match(failure.message, new RegExp(`AADSTS${aadsts}\\)$`))
        assert.deepEqual('answer' in failure && failure.answer, {
          status: 400,
          error,
          description: `AADSTS${aadsts}: Words of the day.`,
          aadsts,
          correlationId: 'the-correlation',
          traceId: '1',
          timestamp: '2026-01-01 00:00:00Z',
        })
      }
    })
  }

  test('a number that is not in the table is shown in its own words', async () => {
    const failure = await failureAt('office365', microsoftAnswer(99_999, 'invalid_grant'))
    assertSentence(failure.message, 'a number that is not in the table is shown in its own words', {
      user,
    })
  })

  test('every number of the contract is in the table, with who must act', () => {
    const expected = {
      you: [
        50173, 700082, 70008, 70043, 70000, 700084, 50076, 50078, 50079, 50072, 50074, 50132, 50133,
        50144, 65001, 65004,
      ],
      operator: [9002346, 9001023, 50059, 700025, 9002326, 65002],
      administrator: [
        53003, 50057, 50105, 70001, 700016, 7000215, 7000222, 7000218, 90094, 530003, 53002, 50097,
        700003, 530035, 500014,
      ],
      nobody: [90033, 50033, 50087, 70012, 50196, 50053],
    }
    for (const [actor, numbers] of Object.entries(expected)) {
      for (const number of numbers) {
        assert.equal(
          explanations.find(({ aadsts }) => aadsts === number)?.actor,
          actor,
          `${number}`,
        )
      }
    }
  })
})

describe('by words', () => {
  for (const row of explanations) {
    if (row.aadsts !== undefined) continue
    const word = row.error ?? row.description?.source
    test(`${word}${row.meaning === undefined ? '' : `: ${row.meaning}`}`, async () => {
      assertExplained(await failureAt('gmail', answerFor(row)), row)
    })
  }
})

test('no row stands twice, and each says in one sentence what is the matter', () => {
  const keys = explanations.map(
    ({ aadsts, error, description }) => `${aadsts ?? error}${description}`,
  )
  assert.equal(new Set(keys).size, keys.length)
  for (const { meaning = '', nextStep } of explanations) {
    assert.doesNotMatch(meaning, /\.$|^[A-Z](?!onditional|icrosoft)/)
    assert.doesNotMatch(nextStep, /\.$/)
    assert.ok(meaning.length < 120 && nextStep.length < 120)
  }
})

test('no next step names what cannot end the trouble of its class', () => {
  for (const { aadsts, error, actor, nextStep } of explanations) {
    const row = `${aadsts ?? error}: ${nextStep}`
    if (actor === 'operator') assert.doesNotMatch(nextStep, /\{login\}|administrator/, row)
    if (actor === 'administrator') assert.doesNotMatch(nextStep, /\{login\}/, row)
    if (actor === 'you') assert.match(nextStep, /\{login\}/, row)
    if (actor === 'nobody') assert.match(nextStep, /\bwait\b|temporary/, row)
    if (aadsts !== undefined) assert.doesNotMatch(nextStep, /Google|Workspace|Admin console/, row)
  }
})
