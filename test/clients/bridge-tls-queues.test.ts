/**
 * Programs that keep mail until it is sent, and sSMTP, through a bridge with TLS, changed as examples/bridge/README.md says: they trust what
 * "cms-oauth bridge certificate" prints, and nothing else.
 */
import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { after, test } from 'node:test'
import { fillBridgeExample } from '../support/bridge-example.ts'
import { createTestCertificates } from '../support/certificates.ts'
import { startOpensmtpd } from '../support/opensmtpd.ts'
import { queueingPrograms } from '../support/queueing-programs.ts'
import { friend, letterFrom } from '../support/sending-programs.ts'
import { provideTlsBridgeWorld } from '../support/tls-bridge-world.ts'
import { knowsTls } from '../support/tls-example.ts'
import { openPackage } from '../support/unpacked-package.ts'

const world = await provideTlsBridgeWorld()
const { user, mail, loginBy, ended } = world
const others = await createTestCertificates()
after(() => others.remove())
await chmod(others.directory, 0o755)

const queues: Record<string, { example: string; verifies: boolean }> = {
  dma: { example: 'dma/dma.conf', verifies: false },
  exim: { example: 'exim4/exim4.conf', verifies: true },
  nullmailer: { example: 'nullmailer/remotes', verifies: true },
  // Without TLS it does not log in at all.
  OpenSMTPD: { example: 'opensmtpd/smtpd.conf', verifies: true },
  'sendmail(8)': { example: 'sendmail/smarthost.m4', verifies: false },
  Postfix: { example: 'postfix/main.cf', verifies: true },
}

const starts: typeof queueingPrograms = { ...queueingPrograms, OpenSMTPD: startOpensmtpd }

for (const form of ['starttls', 'implicit'] as const) {
  for (const [name, { example, verifies }] of Object.entries(queues)) {
    if (!knowsTls(example, form)) continue
    const start = starts[name]
    test(`${name}: ${form}`, async (t) => {
      const messages = mail.messages.length
      const program = await start?.(loginBy(form))
      t.after(() => program?.close())
      await program?.submit(letterFrom(user))
      await program?.flush()
      assert.equal(mail.messages.length, messages + 1)
    })

    if (!verifies) continue
    test(`${name}: ${form}, and mail waits where another certificate is trusted`, async (t) => {
      const messages = mail.messages.length
      const program = await start?.(loginBy(form, others.caFile))
      t.after(() => program?.close())
      await program?.submit(letterFrom(user))
      assert.equal(await program?.waiting(), 1)
      assert.equal(mail.messages.length, messages)
    })
  }

  test(`sSMTP: ${form}`, async (t) => {
    const messages = mail.messages.length
    const ssmtp = await openPackage('ssmtp')
    t.after(() => ssmtp.close())
    const file = await fillBridgeExample('ssmtp/ssmtp.conf', loginBy(form))
    await ssmtp.write('/etc/ssmtp/ssmtp.conf', file, { group: 'mail' })
    await ended(async () => {
      const args = ['-f', user, friend]
      const { status, stderr } = await ssmtp.run('/usr/sbin/sendmail', args, letterFrom(user))
      assert.equal(status, 0, stderr)
    })
    assert.equal(mail.messages.length, messages + 1)
  })
}
