import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Result, runProgram } from '../support/daemon.ts'
import { createRelayWorld, type RelayWorld } from '../support/exim-relay.ts'
import type { Exim } from '../support/exim.ts'
import { installedProgram } from '../support/installed-program.ts'

let world: RelayWorld

before(async () => {
  world = await createRelayWorld()
})

after(async () => {
  await world.daemon.stop()
  await world.close()
})

/** Each way that programs call sendmail, to somebody elsewhere. */
const callers: Record<string, (exim: Exim) => Promise<Result>> = {
  cron: (exim) => {
    const text = 'From: root (Cron Daemon)\nTo: friend@example.org\nSubject: Cron\n\nhello\n'
    return exim.run(
      ['-odf', '-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'friend@example.org'],
      text,
    )
  },
  'sendmail -t -oi': (exim) => {
    const text = `From: ${world.user}\nTo: friend@example.org\nSubject: report\n\n.\nhello\n`
    return exim.run(['-odf', '-t', '-oi'], text)
  },
  'mailx -s': async (exim) => {
    const sendmail = join(world.home.directory, 'sendmail')
    await writeFile(sendmail, `#!/bin/sh\nexec ${exim.command.join(' ')} -odf "$@"\n`, {
      mode: 0o755,
    })
    await writeFile(join(world.home.directory, '.mailrc'), `set sendmail=${sendmail}\n`)
    const mailx = installedProgram('bsd-mailx', 'bsd-mailx')
    return runProgram(mailx, ['-s', 'hello', 'friend@example.org'], world.home.env, 'hello\n')
  },
}

for (const [name, call] of Object.entries(callers)) {
  test(`"${name}" sends through exim, in the name of the main account`, async () => {
    const exim = await world.relay()
    const { status, stderr } = await call(exim)
    assert.equal(status, 0, stderr)
    const delivered = world.mail.messages.at(-1)
    assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user], await exim.log())
    assert.deepEqual(delivered?.to, ['friend@example.org'])
    assert.match(delivered?.text ?? '', /hello\r?\n$/)
    assert.match(delivered?.text ?? '', /^From: .*user@example\.com/m)
  })

  for (const [trouble, credential] of [
    ['a wrong token', `user=user@example.com\\x01auth=Bearer wrong\\x01\\x01`],
    ['a credential in the wrong format', '${readsocket{CMS_SOCKET}{SMTP,token CMS_MAIN}}'],
  ] as const) {
    test(`what "${name}" sends waits while exim has ${trouble}`, async () => {
      const before = world.mail.messages.length
      const exim = await world.relay((text) =>
        text.replace('${readsocket CMS_REQUEST{4s::cache=yes}{}{}}', credential),
      )
      await call(exim)
      assert.equal(world.mail.messages.length, before)
      assert.equal(await exim.queued(), 1)
      assert.match(await exim.log(), /xoauth2 authenticator failed/)
    })
  }
}

test('mail waits a year for a token and for the server, and four days for a recipient', async () => {
  const exim = await world.relay()
  for (const [failure, rule] of [
    ['auth_failed', /auth_failed +F,52w,1s;/],
    ['rcpt_450', /F,4d,6h;/],
    ['lost_connection', /F,52w,1h;/],
  ] as const) {
    const { stdout } = await exim.run(['-brt', 'friend@example.org', failure])
    assert.match(stdout, rule)
  }
})
