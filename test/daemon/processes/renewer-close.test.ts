/** A stop of the daemon: what its renewers finish, and that none is left. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { testAccount } from '../../support/accounts.ts'
import { expectedError } from '../../support/golden.ts'
import { startScriptedRenewer } from '../../support/scripted-renewer.ts'

const parameters = { account: testAccount() }

test('close waits for the jobs under way and for what the process does after them', async (t) => {
  const { renewer, lines } = startScriptedRenewer(
    t,
    `on((job) => setTimeout(() => answer(job, { accessToken: 'drained' }), 100))
    stop = () => setTimeout(() => process.exit(7), 100)`,
  )
  const order: string[] = []
  const answered = renewer.run('refresh', parameters).then(() => order.push('answered'))
  await renewer.close().then(() => order.push('closed'))
  await answered
  assert.deepEqual(order, ['answered', 'closed'])
  assert.equal(lines.at(-1)?.reason, 'status 7')
})

test('close waits for a process that has left since there was no more to do', async (t) => {
  const { renewer, lines } = startScriptedRenewer(
    t,
    `on((job) => answer(job, {}))
    channel.on('end', () => setTimeout(() => process.exit(7), 200))`,
    { idleLimitMs: 0 },
  )
  await renewer.run('refresh', parameters)
  while (renewer.pids.length > 0) await turn()
  await renewer.close()
  assert.equal(lines.at(-1)?.reason, 'status 7')
})

test('after close no process starts', async (t) => {
  const { renewer, lines } = startScriptedRenewer(t, 'on((job) => answer(job, {}))')
  await renewer.close()
  await assert.rejects(
    renewer.run('refresh', parameters),
    expectedError('provider_unavailable', 'a renewer that is being stopped'),
  )
  assert.deepEqual(lines, [])
})
