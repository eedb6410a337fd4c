import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startImpostorSocket } from '../support/impostor-socket.ts'
import { installedProgram } from '../support/installed-program.ts'
import {
  assertRefused,
  fillExample,
  longToken,
  provideMailClientWorld,
} from '../support/mail-client-world.ts'

installedProgram('nc', 'netcat-openbsd')
installedProgram('curl', 'curl')
const world = await provideMailClientWorld(longToken)
const impostor = await startImpostorSocket(world.home.directory, 'wrong')
after(() => impostor.close())

/** Runs the example, filled in and changed. */
async function fetch(changes: Record<string, string> = {}, env: NodeJS.ProcessEnv = {}) {
  const { dovecot, home, provider, user } = world
  const text = await fillExample('shell/fetch', {
    'user@domain': user,
    'outlook.office365.com:993': `localhost:${dovecot.ports.imaps}`,
    ...changes,
  })
  const script = join(home.directory, 'fetch')
  await writeFile(script, text, { mode: 0o755 })
  return world.run(script, [], { env: { CURL_CA_BUNDLE: provider.certificates.caFile, ...env } })
}

test('a shell fetches with a token straight from the socket', async () => {
  const { status, stdout, stderr, judged } = await fetch()
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^From: friend@example\.org\r\n[^]*\r\nfetched\r\n/)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=OAUTHBEARER/)
})

test('a shell fetches nothing with a wrong token, nor with one in the wrong format', async () => {
  for (const result of [
    await fetch({}, { XDG_RUNTIME_DIR: impostor.runtime }),
    await fetch({ 'IMAP,token': 'IMAP,xoauth2-b64' }),
  ]) {
    await assertRefused(result)
    assert.equal(result.stdout, '')
  }
})

test('a shell asks no server where the socket knows no such account', async () => {
  const { status, stdout, stderr } = await fetch({
    [`user=${world.user}`]: 'user=nobody@example.com',
  })
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 75,
      stdout: '',
      stderr: 'no token: see "cms-oauth status"\n',
    },
  )
})
