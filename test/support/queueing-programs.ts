/**
 * The programs that keep mail until a server takes it, as Debian's packages bring them, with the files
 * of examples/bridge/.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type BridgeLogin, fillBridgeExample } from './bridge-example.ts'
import { createHome, type Result } from './daemon.ts'
import { createExim } from './exim.ts'
import { startPostfix } from './postfix.ts'
import { openPackage, type UnpackedPackage } from './unpacked-package.ts'

/** One of them: it tries at once what it gets. */
export interface QueueingProgram {
  name: string
  /** Hands a message for friend@example.org in; resolves when it was tried. */
  submit(text: string): Promise<void>
  /** Tries again, now, all that waits; resolves when nothing waits any more. @throws with its log */
  flush(): Promise<void>
  /** How many messages wait or were abandoned, the program's own among them. */
  waiting(): Promise<number>
  close(): Promise<void>
}

export const friend = 'friend@example.org'

/** Ready to send through the bridge. @throws where .ci/run has not unpacked its package */
export const queueingPrograms: Record<string, (login: BridgeLogin) => Promise<QueueingProgram>> = {
  dma: startDma,
  exim: startExim,
  nullmailer: startNullmailer,
  'sendmail(8)': startSendmail,
  // As strict as it gets: soft_bounce is off anyway.
  Postfix: (login) => startPostfixRelay(login, 'smtp_sasl_auth_soft_bounce = no'),
}

async function startDma(login: BridgeLogin): Promise<QueueingProgram> {
  const dma = await openPackage('dma')
  const group = 'mail'
  await dma.write('/etc/dma/dma.conf', await fillBridgeExample('dma/dma.conf', login), { group })
  await dma.write('/etc/dma/auth.conf', await fillBridgeExample('dma/auth.conf', login), { group })
  // Of a message that waits; what it belongs to begins with M.
  const waiting = () => countFiles(dma, '/var/spool/dma', /^Q/)
  return {
    name: 'dma',
    waiting,
    submit: async (text) => {
      const start = dma.log().length
      succeeded(await dma.run('/usr/sbin/sendmail', ['-f', login.user, friend], text))
      // It goes on without a login when that fails.
      await dma.logged(/delivery successful|failed after|bounc|Connection refused/, start)
    },
    flush: async () => {
      // Each message has a process that sleeps between its tries: as after a reboot there is none.
      await dma.run('sh', ['-c', 'kill -KILL $(pidof sendmail dma)'])
      succeeded(await dma.run('/usr/sbin/dma', ['-q']))
      await untilNone(waiting, dma)
    },
    close: () => dma.close(),
  }
}

async function startExim(login: BridgeLogin): Promise<QueueingProgram> {
  const home = await createHome()
  // What it runs as is neither root nor the owner.
  await chmod(home.directory, 0o711)
  const configuration = await fillBridgeExample('exim4/exim4.conf', login)
  const exim = await createExim({ home }, configuration)
  const queued = () => exim.queued()
  return {
    name: 'exim',
    waiting: queued,
    submit: async (text) => {
      succeeded(await exim.run(['-odf', '-i', '-f', login.user, friend], text))
    },
    flush: async () => {
      succeeded(await exim.run(['-qff']))
      await untilNone(queued)
    },
    close: () => home.remove(),
  }
}

async function startNullmailer(login: BridgeLogin): Promise<QueueingProgram> {
  const nullmailer = await openPackage('nullmailer')
  const spool = '/var/spool/nullmailer'
  const remotes = await fillBridgeExample('nullmailer/remotes', login)
  await nullmailer.write('/etc/nullmailer/remotes', remotes, { mode: 0o640, group: 'mail' })
  // Once over the queue, then it ends.
  await nullmailer.write('/etc/nullmailer/pausetime', '0\n', { mode: 0o644 })
  // Those are made by its installation.
  const trigger = `mkfifo -m 622 ${spool}/trigger && chown mail ${spool}/trigger`
  succeeded(await nullmailer.run('sh', ['-c', trigger]))
  const asMail = ['--reuid=mail', '--regid=mail', '--clear-groups', '/usr/sbin/nullmailer-send']
  const waiting = async () =>
    (await countFiles(nullmailer, `${spool}/queue`)) +
    (await countFiles(nullmailer, `${spool}/failed`))
  const flush = async () => void (await nullmailer.run('setpriv', asMail))
  return {
    name: 'nullmailer',
    waiting,
    submit: async (text) => {
      succeeded(await nullmailer.run('/usr/sbin/sendmail', ['-f', login.user, friend], text))
      await flush()
    },
    flush,
    close: () => nullmailer.close(),
  }
}

async function startSendmail(login: BridgeLogin): Promise<QueueingProgram> {
  const sendmail = await openPackage('sendmail')
  await configureSendmail(sendmail, login)
  const program = '/usr/libexec/sendmail/sendmail'
  const waiting = () => countFiles(sendmail, '/var/spool/mqueue', /^qf/)
  return {
    name: 'sendmail(8)',
    waiting,
    submit: async (text) => {
      const args = ['-C', '/etc/mail/sendmail.cf', '-odi', '-i', '-f', login.user, friend]
      await sendmail.run(program, args, text)
    },
    flush: async () => {
      // It remembers for half an hour that a server was down.
      const forgetting = ['-O', 'Timeout.hoststatus=0s', '-q']
      succeeded(await sendmail.run(program, ['-C', '/etc/mail/sendmail.cf', ...forgetting]))
      await untilNone(waiting, sendmail)
    },
    close: () => sendmail.close(),
  }
}

/** The example in Debian's own sendmail.mc, and what the package's installation makes. */
async function configureSendmail(sendmail: UnpackedPackage, login: BridgeLogin): Promise<void> {
  const proto = sendmail.pathOf('/usr/share/sendmail/cf/debian/sendmail.mc')
  const smarthost = await fillBridgeExample('sendmail/smarthost.m4', login)
  const mc = (await readFile(proto, 'utf8')).replace('MAILER_DEF', `${smarthost}MAILER_DEF`)
  await sendmail.write('/etc/mail/sendmail.mc', mc)
  await sendmail.write('/etc/mail/authinfo', await fillBridgeExample('sendmail/authinfo', login))
  const users = await readFile('/etc/passwd', 'utf8')
  const own = 'smmta:x:998:8::/:/usr/sbin/nologin\nsmmsp:x:997:8::/:/usr/sbin/nologin\n'
  await writeFile(sendmail.pathOf('/etc/passwd'), `${users}${own}`)
  const steps = [
    'cd /etc/mail',
    'touch m4/dialup.m4 m4/provider.m4 local-host-names access /etc/aliases',
    'm4 sendmail.mc > sendmail.cf',
    'for table in access authinfo; do /usr/libexec/sendmail/makemap hash $table < $table; done',
    '/usr/libexec/sendmail/makemap hash /etc/aliases < /etc/aliases',
    'mkdir -p -m 700 /var/lib/sendmail/host_status',
    'chmod 700 /var/spool/mqueue',
  ]
  succeeded(await sendmail.run('sh', ['-e', '-c', steps.join('\n')]))
}

/** With these lines more in main.cf. */
export async function startPostfixRelay(login: BridgeLogin, lines = ''): Promise<QueueingProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'postfix-login-'))
  const more = { ...login.more, '/etc/postfix/sasl_passwd': join(directory, 'sasl_passwd') }
  const passwords = await fillBridgeExample('postfix/sasl_passwd', { ...login, more })
  await writeFile(join(directory, 'sasl_passwd'), passwords, { mode: 0o600 })
  const main = await fillBridgeExample('postfix/main.cf', { ...login, more })
  const postfix = await startPostfix(`${main}\n${lines}\n`, '')
  let count = 0
  return {
    name: 'Postfix',
    waiting: () => postfix.waiting(),
    submit: async (text) => {
      count += 1
      const id = `<${count}@postfix.test>`
      succeeded(await postfix.send(login.user, [friend], `Message-ID: ${id}\n${text}`))
      const key = new RegExp(`: (\\w+): message-id=${id}`)
      const [, queueId = ''] = key.exec(await postfix.logged(key)) ?? []
      await postfix.logged(new RegExp(`${queueId}: to=.*status=`))
    },
    flush: async () => {
      await postfix.flush()
      await untilNone(() => postfix.waiting())
    },
    close: async () => {
      await postfix.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function countFiles(
  program: UnpackedPackage,
  directory: string,
  fitting = /./,
): Promise<number> {
  return readdirSync(program.pathOf(directory)).filter((name) => fitting.test(name)).length
}

async function untilNone(waiting: () => Promise<number>, program?: UnpackedPackage): Promise<void> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    if ((await waiting()) === 0) return
    await setTimeout(20)
  }
  throw new Error(`mail still waits: ${program?.log()}`)
}

function succeeded({ status, stdout, stderr }: Result): void {
  assert.equal(status, 0, `${stdout}${stderr}`)
}
