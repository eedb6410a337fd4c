import assert from 'node:assert/strict'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { type BridgeLogin, fillBridgeExample } from './bridge-example.ts'
import type { QueueingProgram } from './queueing-programs.ts'
import { friend } from './sending-programs.ts'
import { certificatePlace } from './tls-example.ts'
import { openPackage, type UnpackedPackage } from './unpacked-package.ts'

/** OpenSMTPD as Debian's package installs it, with the files of examples/bridge/opensmtpd/. */
export async function startOpensmtpd(login: BridgeLogin): Promise<QueueingProgram> {
  const opensmtpd = await openPackage('opensmtpd')
  await install(opensmtpd)
  for (const [name, path] of [
    ['opensmtpd/smtpd.conf', '/etc/smtpd.conf'],
    ['opensmtpd/secrets', '/etc/secrets'],
  ] as const) {
    await opensmtpd.write(path, await fillBridgeExample(name, login))
  }
  await trust(opensmtpd, login.more?.[certificatePlace] ?? '')
  await succeed(opensmtpd, '/usr/sbin/smtpd', [])
  await until(async () => {
    const { status } = await opensmtpd.run('/usr/sbin/smtpctl', ['show', 'status'])
    return status === 0
  }, opensmtpd)
  const waiting = async () => {
    const queue = await succeed(opensmtpd, '/usr/sbin/smtpctl', ['show', 'queue'])
    return queue.split('\n').length - 1
  }
  return {
    name: 'OpenSMTPD',
    waiting,
    submit: async (text) => {
      const start = opensmtpd.log().length
      await succeed(opensmtpd, '/usr/sbin/sendmail', ['-f', login.user, friend], text)
      await opensmtpd.logged(/mta delivery .*result=|No valid route/, start)
    },
    flush: async () => {
      await succeed(opensmtpd, '/usr/sbin/smtpctl', ['schedule', 'all'])
      await until(async () => (await waiting()) === 0, opensmtpd)
    },
    close: () => opensmtpd.close(),
  }
}

/** What the package's installation makes: users, and a program that may write to the queue. */
async function install(opensmtpd: UnpackedPackage): Promise<void> {
  const users = await readFile('/etc/passwd', 'utf8')
  const own = 'opensmtpd:x:996:996::/:/bin/false\nopensmtpq:x:995:995::/:/bin/false\n'
  await writeFile(opensmtpd.pathOf('/etc/passwd'), `${users}${own}`)
  const groups = await readFile('/etc/group', 'utf8')
  await writeFile(opensmtpd.pathOf('/etc/group'), `${groups}opensmtpd:x:996:\nopensmtpq:x:995:\n`)
  const steps = [
    // Its control socket is there.
    'mount -t tmpfs tmpfs /run',
    'chgrp opensmtpq /usr/sbin/smtpctl',
    'chmod 2755 /usr/sbin/smtpctl',
    'install -d -m 711 /var/spool/smtpd',
  ]
  await succeed(opensmtpd, 'sh', ['-e', '-c', steps.join('\n')])
}

/** As examples/bridge/README.md says. */
async function trust(opensmtpd: UnpackedPackage, certificate: string): Promise<void> {
  const directory = opensmtpd.pathOf('/usr/local/share/ca-certificates')
  await mkdir(directory, { recursive: true })
  await copyFile(certificate, `${directory}/bridge.crt`)
  await succeed(opensmtpd, 'update-ca-certificates', [])
}

async function until(isSo: () => Promise<boolean>, opensmtpd: UnpackedPackage): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    if (await isSo()) return
    await setTimeout(20)
  }
  throw new Error(`OpenSMTPD came to nothing: ${opensmtpd.log()}`)
}

async function succeed(
  opensmtpd: UnpackedPackage,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { status, stdout, stderr } = await opensmtpd.run(program, args, input)
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout
}
