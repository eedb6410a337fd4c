/** Answers that no gateway should give: each ends in an error with a name, and none counts as something that it is not. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { EtcdClient } from '../../src/etcd/etcd-client.ts'
import type { WatchEnd } from '../../src/etcd/watch.ts'
import { MemoryEtcd } from '../renewer/store/etcd-engine/memory-etcd.ts'
import { goodHeader, startMemoryGateway, type Wire } from '../support/etcd/memory-gateway.ts'
import {
  harmless,
  type OddityOf,
  readOddities,
  strangers,
  transactionOddities,
} from '../support/etcd/oddities.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { failureOf } from './failure-of.ts'

const limits = { limitMs: 300 }
const key = '/keys/a'

async function begin(t: TestContext) {
  const etcd = new MemoryEtcd(() => 0)
  for (const name of ['/keys/a', '/keys/b', '/keys/c']) etcd.overwrite(name, () => Buffer.from('x'))
  const gateway = await startMemoryGateway(t, etcd)
  const client = gateway.client()
  // Who it is, is known.
  await client.status(limits)
  const setOdd = (path: string, odd: OddityOf) =>
    gateway.setOddity((asked, good) => (asked === path ? odd(good) : undefined))
  return { etcd, gateway, client, setOdd }
}

function put(client: EtcdClient) {
  const success = [{ put: key, value: Buffer.from('y') }, { delete: '/keys/b' }]
  return client.transact({ compare: [], success }, limits)
}

/** Without the answer's body nobody knows more than that the connection broke. */
const named = ['not_etcd', 'unreachable']

describe('an answer of a transaction', () => {
  for (const [what, odd] of Object.entries(readOddities)) {
    test(`${what} is none to a read`, async (t) => {
      const { client, setOdd } = await begin(t)
      setOdd('/v3/kv/txn', odd)
      const error = await failureOf(client.getAll([key, '/keys/b', '/keys/none'], limits))
      assert.equal(named.includes(error.trouble), true, error.message)
      assert.equal(error.name, 'EtcdUnavailableError')
    })
  }

  for (const [what, odd] of Object.entries(transactionOddities)) {
    test(`${what} leaves open whether a write was done`, async (t) => {
      const { client, setOdd } = await begin(t)
      setOdd('/v3/kv/txn', odd)
      const error = await failureOf(put(client))
      assert.equal(named.includes(error.trouble), true, error.message)
      assert.equal(error.name, 'EtcdUnknownError')
    })
  }
})

describe('an answer of a list', () => {
  for (const [what, odd] of Object.entries({
    ...strangers,
    'with every key twice': readOddities['with every key twice'],
    'about other keys': readOddities['about other keys'],
    'without the revision of a key': readOddities['without the revision of a key'],
    'in another order': (good: Wire) => ({ ...good, kvs: (good['kvs'] as Wire[]).toReversed() }),
    'that has more and nothing else': (good: Wire) => ({ ...good, kvs: [], more: true }),
    'of which nobody knows when it was so': (good: Wire) => ({ ...good, header: goodHeader }),
  })) {
    test(`${what} is none`, async (t) => {
      const { client, setOdd } = await begin(t)
      setOdd('/v3/kv/range', odd as OddityOf)
      const error = await failureOf(client.list('/keys/', () => {}, limits))
      assert.equal(named.includes(error.trouble), true, error.message)
    })
  }

  test('that has more goes on, however short a page is', async (t) => {
    const { client, setOdd } = await begin(t)
    setOdd('/v3/kv/range', (good) => {
      const [first, ...others] = good['kvs'] as Wire[]
      return { ...good, kvs: [first], ...(others.length > 0 ? { more: true } : {}) }
    })
    const found: string[] = []
    await client.list('/keys/', (page) => found.push(...page.map((kv) => kv.key)), limits)
    assert.deepEqual(found, ['/keys/a', '/keys/b', '/keys/c'])
  })
})

describe('a lease', () => {
  for (const [what, odd] of Object.entries<OddityOf>({
    ...strangers,
    'without an id': (good) => ({ ...good, ID: undefined }),
    'with id 0, under which a key would stay for good': (good) => ({ ...good, ID: '0' }),
    'with an id below zero': (good) => ({ ...good, ID: '-5' }),
    'without a life': (good) => ({ ...good, TTL: undefined }),
    'with a life that is over': (good) => ({ ...good, TTL: '-1' }),
  })) {
    test(`${what} is none`, async (t) => {
      const { client, setOdd } = await begin(t)
      setOdd('/v3/lease/grant', odd)
      const error = await failureOf(client.grantLease(60, limits))
      assert.equal(named.includes(error.trouble), true, error.message)
    })
  }

  test('is counted for no longer than was asked for, and for less where it is less', async (t) => {
    const { client, setOdd } = await begin(t)
    setOdd('/v3/lease/grant', (good) => ({ ...good, TTL: '9000000000' }))
    assert.equal((await client.grantLease(60)).seconds, 60)
    setOdd('/v3/lease/grant', (good) => ({ ...good, TTL: '2' }))
    assert.equal((await client.grantLease(60)).seconds, 2)
  })
})

describe('an answer of another form that says the same', () => {
  for (const [what, odd] of Object.entries(harmless)) {
    test(`${what} is taken`, async (t) => {
      const { gateway, client } = await begin(t)
      gateway.setOddity((_path, good) => odd(good))
      assert.equal((await put(client)).succeeded, true)
      assert.equal((await client.get(key, limits))?.value.toString(), 'y')
    })
  }
})

/** A line of a watch. */
function line(result: object, revision = '10'): string {
  return `${JSON.stringify({ result: { header: { ...goodHeader, revision }, ...result } })}\n`
}

function event(revision: string, changes: object = {}): object {
  return { kv: { key: 'L2tleXMvYQ==', mod_revision: revision }, ...changes }
}

const created = line({ created: true })

/** What a watch from revision 5 on says, how many of its events count, how it ends, and where the next begins. */
const watches: Record<
  string,
  { lines: string[]; events?: number; end: string; next?: string; isEnded?: boolean }
> = {
  'cancelled with compact_revision 0': {
    lines: [created, line({ canceled: true, compact_revision: '0' })],
    end: 'busy',
  },
  'cancelled without a reason': { lines: [created, line({ canceled: true })], end: 'busy' },
  'created twice': {
    lines: [created, created, line({ events: [event('6')] }), line({ canceled: true })],
    events: 1,
    end: 'busy',
    next: '7',
  },
  'that was created nobody knows when': {
    lines: [`${JSON.stringify({ result: { header: goodHeader, created: true } })}\n`],
    end: 'not_etcd',
  },
  'with an event from before it': {
    lines: [created, line({ events: [event('4', { type: 'DELETE' })] })],
    end: 'not_etcd',
  },
  'with events in another order': {
    lines: [created, line({ events: [event('8'), event('6', { type: 'DELETE' })] })],
    events: 1,
    end: 'not_etcd',
  },
  'that goes back': {
    lines: [created, line({ events: [event('8')] }), line({ events: [event('7')] })],
    events: 1,
    end: 'not_etcd',
    next: '9',
  },
  'with an event without a revision': {
    lines: [created, line({ events: [{ kv: { key: 'L2s=' } }] })],
    end: 'not_etcd',
  },
  'with an event without a key': {
    lines: [created, line({ events: [{ kv: { mod_revision: '6' } }] })],
    end: 'not_etcd',
  },
  'with an event of a kind that is not known': {
    lines: [created, line({ events: [event('6', { type: 'EXPIRE' })] })],
    end: 'not_etcd',
  },
  'with a revision beyond 64 bits': {
    lines: [created, line({ events: [event('9223372036854775808')] })],
    end: 'not_etcd',
  },
  'with numbers in place of text': {
    lines: [created, line({ events: [{ kv: { key: 'L2s=', mod_revision: 6 } }] })],
    end: 'not_etcd',
  },
  'without a header': { lines: ['{"result":{"created":true}}\n'], end: 'not_etcd' },
  'of another cluster': {
    lines: [created.replace(goodHeader.cluster_id, '77')],
    end: 'other_cluster',
  },
  'that is cut off in the middle of an event': {
    lines: [created, line({ events: [event('6')] }), line({ events: [event('7')] }).slice(0, -20)],
    events: 1,
    isEnded: true,
    end: 'unreachable',
    next: '7',
  },
  'whose last line has no end': {
    lines: [created, line({ events: [event('6')] }).trimEnd()],
    events: 1,
    isEnded: true,
    end: 'unreachable',
    next: '7',
  },
  'with a line that is not JSON': { lines: [created, '<html>\n'], end: 'not_etcd' },
  'with an empty line': { lines: ['\n', created, line({ canceled: true })], end: 'busy' },
  'that is behind': { lines: [line({ created: true }, '3')], end: 'behind' },
  'that begins too late': {
    lines: [created, line({ canceled: true, compact_revision: '9' })],
    end: 'compacted',
  },
}

describe('a watch', () => {
  for (const [what, { lines, events = 0, end, next = '5', isEnded = false }] of Object.entries(
    watches,
  )) {
    test(`${what} ends as ${end}, and the next one misses nothing`, async (t) => {
      const { client, gateway } = await begin(t)
      gateway.setWatch(lines, isEnded)
      const recorded = recordWatch(client, '/keys/', '5')
      assert.equal(kindOf(await recorded.ended), end)
      assert.equal((await recorded.received(events)).length, events)
      assert.equal(recorded.watch.nextRevision, next)
    })
  }
})

test('from which revision there is history is not known of an engine that says nothing', async (t) => {
  const { client, gateway } = await begin(t)
  const asked = () => client.compactRevision(key, { limitMs: 100 })
  assert.equal((await failureOf(asked())).trouble, 'slow')
  gateway.setWatch([created, line({ canceled: true, compact_revision: '9' })])
  assert.equal(await asked(), '9')
})

function kindOf(end: WatchEnd): string {
  if (end.kind !== 'failed') return end.kind
  return (end.error as { trouble?: string }).trouble ?? String(end.error)
}
