import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../../../src/daemon/notices/notifier.ts'
import { TokenFileEvents } from '../../../src/daemon/broker/token-file-events.ts'
import type { TokenFileEvent } from '../../../src/daemon/token-file/token-file.ts'
import type { BrokerEvent } from '../../../src/messages/control-api.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { ListLog } from '../socket/token-socket.ts'

const user = 'user@example.com'
const path = '/tokens/user'
const configuration = {
  path,
  account: user,
  protocol: 'SMTP' as const,
  format: 'token' as const,
  mode: 0o600,
}

/** What is said of one event. */
function say(event: TokenFileEvent) {
  const log = new ListLog()
  const published: Omit<BrokerEvent, 'time'>[] = []
  const notices: Notice[] = []
  const events = new TokenFileEvents({
    log,
    publish: (event) => published.push(event),
    notify: (notice) => notices.push(notice),
  })
  events.handle({ configuration }, event)
  return { lines: log.lines, published, notices }
}

test('a written file is told with the fingerprint and the end of its token, never the token', () => {
  const { token, clock } = createAccountToken()
  const expiresAt = clock.wallMs() + 60_000
  token.accept(refreshedToken({ expiresAt }))
  const { servable } = token
  assert.ok(servable !== undefined)
  const event = 'token_file.written'
  const said = say({ event, token: servable })
  const { fingerprint } = servable
  assert.deepEqual(said, {
    lines: [
      {
        level: 'info',
        event,
        fields: { user, path, fingerprint, expiresAt: new Date(expiresAt).toISOString() },
      },
    ],
    published: [{ event, user, detail: path }],
    notices: [],
  })
  assert.ok(!JSON.stringify(said).includes('canary'))
})

test('a removed file is told quietly', () => {
  const event = 'token_file.removed'
  assert.deepEqual(say({ event }), {
    lines: [{ level: 'info', event, fields: { user, path } }],
    published: [{ event, user, detail: path }],
    notices: [],
  })
})

test('an expired token in a file is a warning and a notice', () => {
  const event = 'token_file.expired'
  const message = `the token in "${path}" has expired and no new one has come: see "cms-oauth status"`
  assert.deepEqual(say({ event }), {
    lines: [{ level: 'warn', event, fields: { user, path } }],
    published: [{ event, user, detail: path }],
    notices: [{ event: 'token_file_expired', user, message }],
  })
})

test('a file that cannot be written is a warning, and a notice the first time', () => {
  const event = 'token_file.failed'
  const problem = { message: 'the token file cannot be written: ENOSPC', hint: 'free space' }
  const { message, hint } = problem
  assert.deepEqual(say({ event, problem, isFirst: true }), {
    lines: [{ level: 'warn', event, fields: { user, path, message, hint } }],
    published: [{ event, user, detail: message }],
    notices: [{ event: 'token_file_failed', user, message: `${message}; ${hint}` }],
  })
  assert.deepEqual(say({ event, problem, isFirst: false }).notices, [])
})
