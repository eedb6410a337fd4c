import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Aside } from '../../../src/renewer/store/aside.ts'
import type { Attempt, Engine, Outcome } from '../../../src/renewer/store/engine.ts'
import { SealedGrants } from '../../../src/renewer/store/sealed-grants.ts'
import { gate } from '../../support/jobs.ts'
import { testGrant } from './test-grant.ts'

/** An engine in memory that is as slow as a test requires, and what was put into it. */
function slowEngine() {
  const put: Buffer[] = []
  const engine: Pick<Engine, 'list' | 'put'> = {
    list: () => Promise.resolve([]),
    put: async (_key, sealed): Promise<Outcome> => {
      put.push(sealed)
      return 'durable'
    },
  }
  const aside = new Aside(undefined, () => 'issuer')
  const key = { bytes: randomBytes(32), id: '0123456789abcdef' }
  return { put, grants: new SealedGrants({ engine: engine as Engine, aside, key }, 'grant') }
}

/** Room whose commit fails once the gate is open. */
function failingRoom() {
  const { passed, open: fail } = gate()
  const attempt: Attempt = {
    commit: async () => {
      await passed
      throw Object.assign(new Error('EIO: i/o error, write'), {
        code: 'EIO',
        errno: -5,
        syscall: 'write',
      })
    },
    giveBack: () => {},
  }
  return { attempt, fail }
}

for (const [what, isWantedThen, count] of [
  ['is put all the same, where its room fails', true, 1],
  ['that is no longer wanted when its room fails at last is not put', false, 0],
] as const) {
  test(`a grant ${what}`, async () => {
    const { put, grants } = slowEngine()
    const { attempt, fail } = failingRoom()
    let isWanted = true
    const written = grants.write(testGrant(), () => isWanted, attempt)
    isWanted = isWantedThen
    fail()
    await written
    assert.equal(put.length, count)
  })
}
