/**
 * Malformed requests: 10,000,000 through the parser, which never throws, and 1,000,000 over the
 * socket of the daemon, which answers no byte and lives on. Takes six minutes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { assertTotalParser, unansweredRequest } from '../daemon/socket/malformed-request.ts'
import { ask } from '../daemon/socket/token-socket.ts'
import { startSignedInWorld } from './signed-in-world.ts'

const batches = 100
const [parsedPerBatch, sentPerBatch] = [100_000, 10_000]
const clients = 64

test('10,000,000 malformed requests are refused or read, and none throws', (t) => {
  const begun = performance.now()
  for (let batch = 0; batch < batches; batch++) assertTotalParser(parsedPerBatch)
  t.diagnostic(`${batches * parsedPerBatch} requests in ${secondsSince(begun)} s`)
})

test('1,000,000 malformed requests over the socket get no byte and end nothing', async (t) => {
  const { daemon, home, user } = await startSignedInWorld(t)
  const begun = performance.now()
  let [sent, reset, answered] = [0, 0, 0]
  for (let batch = 0; batch < batches; batch++) {
    const requests = fc.sample(unansweredRequest, sentPerBatch)
    const client = async () => {
      for (let next = requests.pop(); next !== undefined; next = requests.pop()) {
        sent++
        // One that is too long is cut off, where its sender may notice it while it writes.
        const answer = await ask(home.tokenSocket, next).catch(() => {
          reset++
          return ''
        })
        answered += answer.length
      }
    }
    await Promise.all(Array.from({ length: clients }, client))
  }
  t.diagnostic(
    `${sent} requests in ${secondsSince(begun)} s, ${reset} cut off while they wrote, ` +
      `${answered} bytes answered`,
  )
  assert.equal(sent, batches * sentPerBatch)
  assert.equal(answered, 0)
  assert.equal((await daemon.control.accounts()).pid, daemon.process.pid)
  assert.notEqual(await ask(home.tokenSocket, `SMTP,token ${user}`), '')
})

function secondsSince(begun: number): string {
  return ((performance.now() - begun) / 1_000).toFixed(0)
}
