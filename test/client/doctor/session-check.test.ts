import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInSession, sessionFinding } from '../../../src/client/doctor/session-check.ts'
import { assertSentence } from '../../support/golden.ts'

test("a daemon of a user's own systemd is told from all others", () => {
  const units = '/user.slice/user-1000.slice/user@1000.service'
  const cases: Record<string, boolean> = {
    [`0::${units}/app.slice/cms-oauthd.service\n`]: true,
    [`0::${units}/cms-oauthd.service\n`]: true,
    [`12:pids:${units}/x\n1:name=systemd:${units}/cms-oauthd.service\n0::/\n`]: true,
    '0::/user.slice/user-1000.slice/session-3.scope\n': false,
    '0::/system.slice/cms-oauthd.service\n': false,
    '0::/\n': false,
    '0::/kubepods/user@x.service/y\n': false,
    '': false,
  }
  for (const [groups, isOne] of Object.entries(cases)) {
    assert.equal(isInSession(groups), isOne, groups)
  }
})

test('it is said whether it stops with the last session, which does not fail', () => {
  for (const [isLingering, key] of [
    [true, 'a daemon that lingers'],
    [false, 'a daemon that stops with its session'],
  ] as const) {
    const { level, subject, text } = sessionFinding(isLingering)
    assert.deepEqual([level, subject], ['ok', 'session'])
    assertSentence(text, key)
  }
})
