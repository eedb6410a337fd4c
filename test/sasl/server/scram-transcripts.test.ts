/**
 * What programs said to a bridge over the wire (scram-transcripts.json, recorded as bridge-scram.test.ts
 * records it), said again: each answer is the same to the byte.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createVerifier } from '../../../src/sasl/server/passwords.ts'
import { ServerExchange } from '../../../src/sasl/server/server-exchange.ts'

interface Recorded {
  program: string
  /** The right one. */
  password: string
  clientFirst: string
  serverFirst: string
  clientFinal: string
  /** Empty where the program had a wrong one. */
  serverFinal: string
}

const file = join(import.meta.dirname, 'scram-transcripts.json')
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[]

const base64 = (text: string) => Buffer.from(text).toString('base64')

for (const { program, password, clientFirst, serverFirst, clientFinal, serverFinal } of recorded) {
  const isRight = serverFinal !== ''
  test(`${program} with a ${isRight ? 'right' : 'wrong'} password is answered as it was`, () => {
    const [, both = '', salt = ''] = /^r=([^,]+),s=([^,]+)/.exec(serverFirst) ?? []
    const [, nonceOfClient = ''] = /,r=([^,]+)$/.exec(clientFirst) ?? []
    const verifier = createVerifier(password, { name: 'recorded', salt })
    const exchange = new ServerExchange({
      passwords: () => ({ salt, verifiers: [verifier] }),
      nonce: both.slice(nonceOfClient.length),
    })
    const challenge = base64(serverFirst)
    assert.deepEqual(exchange.start('SCRAM-SHA-256', base64(clientFirst)), { challenge })
    const claimed = { user: 'user@example.com', password: isRight ? verifier : undefined }
    const step = exchange.receive(base64(clientFinal))
    const last = isRight ? exchange.receive('') : step
    if (isRight) assert.deepEqual(step, { challenge: base64(serverFinal) })
    assert.ok('claim' in last)
    const { user, password: shown } = last.claim
    assert.deepEqual({ user, password: shown }, claimed)
  })
}
