/** What `status` and `doctor` say of an etcd that hosts share. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkSharedStore } from '../../src/client/doctor/shared-store-check.ts'
import { sharedStoreLine } from '../../src/client/shared-store-line.ts'
import type { SharedStoreStatus } from '../../src/messages/shared-store.ts'
import { assertFinding, assertSentence } from '../support/golden.ts'

const healthy: SharedStoreStatus = {
  kind: 'etcd',
  role: 'renew',
  prefix: '/cms-oauth/v1/relays/',
  endpoints: ['https://etcd1:2379', 'https://etcd2:2379', 'https://etcd3:2379'],
  is_reachable: true,
  is_listed: true,
  error: null,
  endpoint: 'https://etcd2:2379',
  version: '3.5.16',
  db_size_bytes: 20 * 1_024 ** 2,
  db_in_use_bytes: 5 * 1_024 ** 2,
  quota_bytes: 8 * 1_024 ** 3,
  alarms: [],
  revision: '4711',
  compact_revision: '4000',
  faulty_nodes: [],
  host_clock_ahead_ms: 1_000,
  lag_ms: 12,
}
const away: Partial<SharedStoreStatus> = {
  is_reachable: false,
  error: { error: 'store_locked', error_description: 'etcd has no leader', hint: 'wait' },
}
const faulty = {
  error: 'store_locked',
  error_description: 'etcd at "https://etcd3:2379" cannot be reached',
  hint: 'check the network',
} as const
const names = { prefix: healthy.prefix }

describe('status says of it', () => {
  const cases: [name: string, changes: Partial<SharedStoreStatus>][] = [
    ['all is well', {}],
    ['nothing known yet', { is_reachable: false, endpoint: null, version: null }],
    ['away', away],
    ['being read', { is_listed: false, db_size_bytes: null, lag_ms: null }],
    ['a clock that is ahead', { host_clock_ahead_ms: 60_000 }],
    ['a clock that is behind', { host_clock_ahead_ms: -6_000 }],
    ['a node that is down', { faulty_nodes: [faulty] }],
    ['an alarm', { alarms: ['NOSPACE'], db_size_bytes: 2 * 1_024 ** 3 }],
  ]
  for (const [name, changes] of cases) {
    test(name, () =>
      assertSentence(sharedStoreLine({ ...healthy, ...changes }), `status: ${name}`, names),
    )
  }
})

test('doctor finds nothing wrong where nothing is', () => {
  const findings = checkSharedStore(healthy)
  assert.deepEqual(new Set(findings.map(({ level }) => level)), new Set(['ok']))
  for (const [index, finding] of findings.entries()) assertFinding(finding, 'ok', `well ${index}`)
})

describe('doctor finds', () => {
  const faults: [name: string, changes: Partial<SharedStoreStatus>, level: string][] = [
    ['it away', away, 'failure'],
    ['no answer yet', { is_reachable: false, endpoint: null }, 'warning'],
    ['no space', { alarms: ['NOSPACE'] }, 'failure'],
    ['another alarm', { alarms: ['CORRUPT'] }, 'failure'],
    ['a file that is nearly full', { db_size_bytes: 5 * 1_024 ** 3 }, 'warning'],
    ['a clock that is ahead', { host_clock_ahead_ms: 6_000 }, 'warning'],
    ['a clock that is behind', { host_clock_ahead_ms: -9_000 }, 'warning'],
    ['a node that is down', { faulty_nodes: [faulty] }, 'warning'],
    ['it away, of which single nodes say nothing', { ...away, faulty_nodes: [faulty] }, 'failure'],
    ['no compaction', { compact_revision: '0', revision: '20000' }, 'warning'],
  ]
  for (const [name, changes, level] of faults) {
    test(name, () => {
      const [fault, ...others] = checkSharedStore({ ...healthy, ...changes }).filter(
        (finding) => finding.level !== 'ok',
      )
      assertFinding(fault, level, `doctor: ${name}`)
      assert.deepEqual(others, [])
    })
  }
})
