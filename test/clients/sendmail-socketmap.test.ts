/** A socket with `reply = "socketmap"`, asked by a map of Debian's sendmail(8) itself. Needs root. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import type { RunningDaemon } from '../support/daemon.ts'
import { openPackage, type UnpackedPackage } from '../support/unpacked-package.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

let world: World
let daemon: RunningDaemon
let sendmail: UnpackedPackage

let directory: string

before(async () => {
  world = await createWorld()
  // sendmail asks no socket below a directory that others may write, as /tmp is.
  directory = mkdtempSync('/run/sendmail-map-')
  const map = join(directory, 'map.sock')
  const sockets = `[[socket]]\n[[socket]]\npath = "${map}"\nreply = "socketmap"\n`
  daemon = await startSignedIn(world, `${accountToml(world)}${sockets}`)
  sendmail = await openPackage('sendmail')
  // A name without a dot would have it wait for a resolver.
  const lines = ['V10/Berkeley', 'Djtest.example', `Ktokens socket local:${map}`]
  await sendmail.write('/etc/mail/map.cf', `${lines.join('\n')}\n`)
})

after(async () => {
  await sendmail.close()
  await world.close()
  rmSync(directory, { recursive: true })
})

/** What its test mode finds, in its words. */
async function lookUp(key: string): Promise<string> {
  const args = ['-C', '/etc/mail/map.cf', '-bt']
  const { stdout } = await sendmail.run(
    '/usr/libexec/sendmail/sendmail',
    args,
    `/map tokens ${key}\n`,
  )
  return stdout
}

const tokenNow = async () =>
  (await askSocket(world.home.tokenSocket, `SMTP,token ${world.user}`, 5_000)).toString()

test('a map finds the token of an address, and the new one after a refresh', async () => {
  for (let round = 0; round < 2; round++) {
    const found = `map_lookup: tokens (${world.user}) returns ${world.user}:${await tokenNow()}`
    assert.ok((await lookUp(world.user)).includes(found))
    await daemon.control.refresh(world.user)
  }
})

test('what is not there is not found (EX_NOTFOUND)', async () => {
  assert.match(await lookUp('other@example.com'), /\(other@example\.com\) no match \(68\)/)
})

test('where somebody must sign in, and where no daemon is, sendmail tries again (EX_TEMPFAIL)', async () => {
  await daemon.control.forgetGrant(world.user, false)
  assert.match(await lookUp(world.user), /no match \(75\)/)
  await daemon.stop()
  assert.match(await lookUp(world.user), /no match \(75\)/)
})
