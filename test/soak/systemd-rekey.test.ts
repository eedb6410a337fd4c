/** The command of systemd/README.md that gives a store another key, with a systemd that is really booted. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { bootSystemd } from './booted-systemd.ts'
import { requireRoot } from './require-root.ts'

requireRoot()

const document = join(import.meta.dirname, '..', '..', 'systemd', 'README.md')

test('the service gets its key from a credential, which the store is sealed with before', async (t) => {
  const systemd = await bootSystemd(t)
  while (!existsSync(join(systemd.root, 'run/systemd/private'))) await delay(20)
  const shell = (script: string) => systemd.run(['sh', '-euc', script])
  const blocks = readFileSync(document, 'utf8').split('```')
  const command = blocks.find((block) => block.includes('--rekey /etc'))?.replace(/^sh\n/, '')
  assert.ok(command !== undefined)
  shell('systemctl start dbus.service cms-oauthd.service')
  shell(`umask 077
openssl rand -hex 32 > /etc/cms-oauth/new.key
cp /etc/cms-oauth/config.toml /etc/cms-oauth/new.toml
printf '[store]\\nkey = "credential"\\nkey_credential = "new-key"\\n' >> /etc/cms-oauth/new.toml
chown cms-oauth /etc/cms-oauth/new.toml`)
  assert.match(
    shell(command),
    /^0 records were sealed again\nStart cms-oauthd with "[^"]+new\.toml"/,
  )
  shell(`mkdir /etc/systemd/system/cms-oauthd.service.d
printf '[Service]\\nLoadCredential=new-key:/etc/cms-oauth/new.key\\n' > /etc/systemd/system/cms-oauthd.service.d/key.conf
mv /etc/cms-oauth/new.toml /etc/cms-oauth/config.toml
systemctl daemon-reload
systemctl start cms-oauthd.service`)
  assert.equal(shell('systemctl is-active cms-oauthd.service').trim(), 'active')
})
