/** As the gate `outbox-kills` of the soak does it 500 times. */
import { test } from 'node:test'
import { runKills } from '../support/outbox-kills.ts'

test('kill -9 of daemon, outbox and sender loses no message that was acknowledged', async (t) => {
  const { acknowledged, duplicates } = await runKills(t, { count: 24, submitters: 3 })
  t.diagnostic(`${acknowledged} messages, ${duplicates} of them sent again after a kill`)
})
