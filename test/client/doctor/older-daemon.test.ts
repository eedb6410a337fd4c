/** An older daemon runs on while its package is upgraded: what it does not answer is not taken for nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { ControlClient } from '../../../src/client/control-client.ts'
import { checkBridges } from '../../../src/client/doctor/bridges-check.ts'
import { checksOf } from '../../../src/client/doctor/checks.ts'
import { survey, type Survey } from '../../../src/client/doctor/survey.ts'
import type { BridgeConfiguration } from '../../../src/configuration/configuration.ts'
import type { Finding } from '../../../src/configuration/finding.ts'
import {
  ConfigInvalidError,
  DaemonUnreachableError,
  RequestInvalidError,
  StoreUnreadableError,
} from '../../../src/errors.ts'
import type { AccountStatus } from '../../../src/messages/control-api.ts'
import { assertFinding } from '../../support/golden.ts'
import { healthyDaemon } from './healthy-daemon.ts'

const user = 'user@example.com'
const unread = new DaemonUnreachableError('it cannot be read', { hint: 'restart it' })
const missing = 'there is no such request'
const noRequest = () => Promise.reject(new RequestInvalidError(missing, { hint: 'restart it' }))
const passwords = () =>
  Promise.resolve([{ name: 'printer', accounts: [user], created_at: '2026-11-29T00:00:00Z' }])
const trialPassword = () => Promise.reject(new StoreUnreadableError('damaged', { hint: 'x' }))

/** A bridge that greets, of which the daemon tells so much. */
async function bridgesOf(
  t: TestContext,
  control: object,
  more: Partial<Survey> = {},
): Promise<Finding[]> {
  const server = createServer((socket) => socket.end('220 here ESMTP\r\n'))
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bridge = {
    protocol: 'SMTP',
    listen: [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }],
    accounts: [{ user, server: 'x', connections: 1 }],
    callers: ['password'],
    networks: [],
    tls: 'off',
  } as unknown as BridgeConfiguration
  const found = await checkBridges({
    daemon: healthyDaemon,
    bridges: [bridge],
    accounts: [{ user, expires_at: '2026-01-01T00:00:00Z' } as AccountStatus],
    control: {
      bridges: noRequest,
      bridgeCertificate: noRequest,
      trialPassword: noRequest,
      passwords,
      ...control,
    } as unknown as ControlClient,
    ...more,
  } as Survey)
  return found.filter(({ level }) => level !== 'ok')
}

test('a daemon without passwords for a trial is not said to have a bridge that fails', async (t) => {
  const [found, ...others] = await bridgesOf(t, {})
  assert.deepEqual([found?.level, found?.hint, others], ['warning', 'restart it', []])
  assert.ok(found?.text.endsWith(missing))
})

test('passwords that cannot be read are not said to be none', async (t) => {
  const found = await bridgesOf(t, {
    trialPassword,
    passwords: () => Promise.reject(new StoreUnreadableError('damaged', { hint: 'restore it' })),
  })
  assert.deepEqual(
    found.map(({ level, hint }) => [level, hint]),
    [
      ['failure', 'restore it'],
      ['warning', 'x'],
    ],
  )
})

test('accounts that cannot be read are a failure, and no password is said to be of none of them', async (t) => {
  assert.deepEqual(await bridgesOf(t, {}, { accounts: [], unread }), [])
  const control = {
    diagnostics: () => Promise.resolve(healthyDaemon),
    bridges: noRequest,
  } as unknown as ControlClient
  const configuration = new ConfigInvalidError('none')
  const outset = { configuration, controlPath: '/control.sock', control, everybody: unread }
  const seen = await survey(outset)
  const found = (await Promise.all(checksOf(seen, {}).map((check) => check()))).flat()
  const failures = found.filter(
    ({ level, subject }) => level === 'failure' && subject === 'account',
  )
  assert.equal(failures.length, 1)
  assertFinding(failures[0], 'failure', 'accounts that cannot be read')
})
