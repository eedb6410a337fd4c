/** What people type who come from another program: the hint names what it is here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandTable } from '../../src/client/command-table.ts'
import { manage } from '../../src/client/manage.ts'
import { parseCommandLine } from '../../src/client/options.ts'
import { UsageError } from '../../src/errors.ts'

const meant: Record<string, string[]> = {
  '--user': ['token', 'get-token', 'get_token', 'FETCH', 'print', 'password', 'pass'],
  login: ['auth', 'authorize', 'authenticate', 'signin', 'sign-in', 'logn', 'log-in'],
  logout: ['signout', 'revoke', 'forget', 'delete', 'remove', 'log-out'],
  status: ['list', 'accounts', 'show', 'info', 'whoami', 'statsu'],
  doctor: ['test', 'check', 'verify', 'debug', 'diagnose'],
  refresh: ['renew', 'update', 'refesh'],
  init: ['config', 'configure', 'setup', 'add', 'new', 'register'],
  cmsOauthd: ['start', 'run', 'daemon', 'serve', 'stop', 'restart'],
  bridge: ['proxy', 'bridges'],
  outbox: ['mailq', 'queue', 'outbx'],
  '--version': ['version'],
  '--test-smtp': ['smtp', 'imap', 'pop'],
}

for (const [what, words] of Object.entries(meant)) {
  for (const word of words) {
    test(`"${word}" is answered with ${what}`, async () => {
      const named = what === 'cmsOauthd' ? 'cms-oauthd' : what
      await assert.rejects(async () => manage(parseCommandLine([word, 'user@example.com'])), {
        constructor: UsageError,
        hint: new RegExp(`[" ]${named}\\b`),
      })
    })
  }
}

test('no command is a word of another program', () => {
  for (const words of Object.values(meant)) {
    for (const word of words) assert.ok(!Object.hasOwn(commandTable, word), word)
  }
})
