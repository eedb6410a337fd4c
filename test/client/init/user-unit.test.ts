import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { unitDropIn } from '../../../src/client/init/user-unit.ts'
import { runClient } from '../../support/daemon.ts'
import { temporaryHome } from '../run-against.ts'
import { assertSentence } from '../../support/golden.ts'

const clientId = '01234567-89ab-cdef-0123-456789abcdef'

test('a drop-in names the programs where they are, whatever is in their names', () => {
  const text = unitDropIn({
    packageRoot: '/opt',
    program: '/home/a b/100%/$x/cms-oauthd.js',
    configFile: '/home/a/c.toml',
    env: { CMS_OAUTH_EXTRA_CA: '/ca "of mine".pem' },
  })
  assert.match(text, /^Environment="PATH=[^"]*\/usr\/local\/bin:[^"]*\/bin"$/m)
  assert.match(text, /^Environment="NODE_EXTRA_CA_CERTS=\/ca \\"of mine\\"\.pem"$/m)
  assert.match(
    text,
    /^ExecStart=\nExecStart="\/home\/a b\/100%%\/\$\$x\/cms-oauthd\.js" "--config" "\/home\/a\/c\.toml"$/m,
  )
})

test('the user unit is installed, enabled, and what fails is told', async (t) => {
  const home = await temporaryHome(t)
  const bin = join(home.directory, 'bin')
  await mkdir(bin)
  const systemctl = `#!/bin/sh
echo "$*" >> "$HOME/systemctl.log"
case "$*" in *enable*) echo "Failed to connect" >&2; exit 1 ;; esac
`
  await writeFile(join(bin, 'systemctl'), systemctl, { mode: 0o755 })
  home.env['PATH'] = `${bin}:${process.env['PATH']}`
  const answers = ['me@example.com', '', '', clientId, '', 'yes', 'none', 'systemd']
  const input = answers.map((answer) => `${answer}\n`).join('')
  const { status, stderr } = await runClient(home, ['init'], input)
  assert.equal(status, 69)
  assertSentence(stderr, 'the user unit is installed, enabled, and what fails is told', {
    command: 'systemctl --user enable',
    reason: 'Failed to connect',
    choice: '"background"',
  })
  const units = join(home.directory, 'config', 'systemd', 'user')
  assert.match(await readFile(join(units, 'cms-oauthd.socket'), 'utf8'), /^ListenStream=/m)
  const dropIn = join(units, 'cms-oauthd.service.d', 'init.conf')
  assert.match(await readFile(dropIn, 'utf8'), /bin\/cms-oauthd\.js" "--config"/)
  assert.deepEqual((await readFile(join(home.directory, 'systemctl.log'), 'utf8')).split('\n'), [
    '--user show-environment',
    '--user daemon-reload',
    '--user enable --now cms-oauthd.socket cms-oauthd.service',
    '',
  ])
})
