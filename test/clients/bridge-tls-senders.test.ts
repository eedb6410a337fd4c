/**
 * Programs that send through a bridge with TLS, changed as examples/bridge/README.md says: they trust what
 * "cms-oauth bridge certificate" prints, and nothing else.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTestCertificates } from '../support/certificates.ts'
import {
  runSendingProgram,
  type SendingProgramName,
  sendingPrograms,
} from '../support/sending-programs.ts'
import { provideTlsBridgeWorld } from '../support/tls-bridge-world.ts'

const world = await provideTlsBridgeWorld()
const { mail, home, loginBy, ended } = world
const others = await createTestCertificates()
after(() => others.remove())

for (const name of Object.keys(sendingPrograms) as SendingProgramName[]) {
  // A socket has no certificate, and mail() is msmtp again.
  if (['msmtp by a socket', "PHP's mail()"].includes(name)) continue
  for (const form of ['starttls', 'implicit'] as const) {
    test(`${name}: ${form}`, async () => {
      const messages = mail.messages.length
      await ended(async () => {
        const { status, stdout, stderr } = await runSendingProgram(name, home, loginBy(form))
        assert.equal(status, 0, `${stderr}${stdout}`)
      })
      assert.equal(mail.messages.length, messages + 1)
      assert.match(mail.messages.at(-1)?.text ?? '', /Subject: .*\bhello\r?\n[^]*body/)
    })
  }

  test(`${name} sends nothing where another certificate is trusted`, async () => {
    const messages = mail.messages.length
    const { status } = await runSendingProgram(name, home, loginBy('starttls', others.caFile))
    assert.notEqual(status, 0)
    assert.equal(mail.messages.length, messages)
  })
}
