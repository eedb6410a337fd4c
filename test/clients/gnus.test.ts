import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import { fillExample, longToken, provideMailClientWorld } from '../support/mail-client-world.ts'

const world = await provideMailClientWorld(longToken)
const examples = join(import.meta.dirname, '..', '..', 'examples', 'emacs')
const reader = join(import.meta.dirname, 'emacs', 'read.el')

/** Gnus with the example's lines, filled in, fetches the message. */
async function read(change = (text: string) => text) {
  const { dovecot, home, provider, user } = world
  const { imaps } = dovecot.ports
  const text = await fillExample('emacs/gnus-init.el', {
    'user@domain.com': user,
    'outlook.office365.com': 'localhost',
    993: String(imaps),
  })
  const init = join(home.directory, 'init.el')
  await writeFile(
    init,
    `(require 'cms-oauth)
(cms-oauth-enable)
(add-to-list 'cms-oauth-hosts "localhost")
(push '("IMAP" "${imaps}") cms-oauth--protocols)
${change(text)}`,
  )
  const args = ['-Q', '--batch', '-L', examples, '-l', init, '-l', reader]
  return world.run(installedProgram('emacs', 'emacs-nox'), args, {
    env: { CMS_SOCK: home.tokenSocket, TEST_CA: provider.certificates.caFile },
  })
}

test("Gnus reads by IMAP with a token as long as Microsoft's", async () => {
  const { status, stdout, stderr, judged } = await read()
  assert.equal(status, 0, stderr)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.match(stdout, /\n\nfetched\n/)
})

test('Gnus logs in nowhere when there is no token', async () => {
  const { status, stdout, stderr, judged } = await read((text) =>
    text.replace('user@example.com', 'nobody@example.com'),
  )
  assert.notEqual(status, 0)
  assert.equal(stdout, 'IMAP password for nobody@example.com@mail: \n')
  assert.match(stderr, /cms-oauth: "no account \\"nobody@example\.com\\"/)
  await judged(/imap-login: Info: (?:Disconnected|Aborted).*no auth attempts/)
})
