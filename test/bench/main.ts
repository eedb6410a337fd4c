/**
 * `main.ts [--only NAME]... [--rounds N]`: measures, prints each row beside what the last run had, and
 * puts it into RESULTS.md. Judges nothing.
 */
import { parseArgs } from 'node:util'
import { bridgeAtDovecot } from './bridge-at-dovecot.ts'
import { bridgeIdlePairs } from './bridge-idle-pairs.ts'
import { bridge } from './bridge.ts'
import { clientStart } from './client-start.ts'
import { daemonStart } from './daemon-start.ts'
import { idleMemory } from './idle-memory.ts'
import { manyAccounts } from './many-accounts.ts'
import { outbox } from './outbox.ts'
import { describe, lastResults, writeResults } from './results.ts'
import type { Bench } from './row.ts'
import { sendmailStart } from './sendmail-start.ts'
import { tokenSocket } from './token-socket.ts'

const benches: Record<string, Bench> = {
  bridge,
  'bridge-at-dovecot': bridgeAtDovecot,
  'bridge-idle-pairs': bridgeIdlePairs,
  'client-start': clientStart,
  'daemon-start': daemonStart,
  'idle-memory': idleMemory,
  'many-accounts': manyAccounts,
  outbox,
  'sendmail-start': sendmailStart,
  'token-socket': tokenSocket,
}

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, rounds: { type: 'string', default: '5' } },
})
const names = values.only ?? Object.keys(benches)
const rounds = Number(values.rounds)
const node = process.versions.node
const last = lastResults(node)
for (const name of names) {
  const bench = benches[name]
  if (bench === undefined) {
    throw new Error(`"${name}" is not a benchmark: ${Object.keys(benches).join(', ')}`)
  }
  const rows = await bench({ rounds })
  for (const row of rows) console.log(describe(row, last.get(row.name)))
  writeResults(rows, node, rounds)
}
