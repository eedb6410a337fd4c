import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Result, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { createMsmtpWorld, type MsmtpWorld } from '../support/msmtp.ts'

const author = 'Jörg Müller <joerg@example.com>'
const subject = 'Grüße: 日本語 and a 🙂'
const content = 'Zeile eins\nžluťoučký kůň\n日本語\n'

let world: MsmtpWorld
let repository: string

before(async () => {
  installedProgram('../lib/git-core/git-send-email', 'git-email libmailtools-perl')

  world = await createMsmtpWorld()
  world.home.env['GIT_CONFIG_NOSYSTEM'] = '1'
  await world.install('git/gitconfig-msmtp', '.gitconfig')
  repository = await createRepository('sender')
  await writeFile(join(repository, 'grüße.txt'), content)
  await git(repository, ['add', '.'])
  await git(repository, ['commit', '-q', `--author=${author}`, '-m', `${subject}\n\nMit Umlauten.`])
})

after(async () => {
  await world.daemon.stop()
  await world.close()
})

async function createRepository(name: string): Promise<string> {
  const directory = join(world.home.directory, name)
  await mkdir(directory)
  await git(directory, ['init', '-q'])
  await git(directory, ['config', 'user.name', 'Test'])
  await git(directory, ['config', 'user.email', world.user])
  await git(directory, ['commit', '-q', '--allow-empty', '-m', 'begin'])
  return directory
}

function git(directory: string, args: readonly string[], input = ''): Promise<Result> {
  return runProgram('git', ['-C', directory, ...args], world.home.env, input)
}

/** Sends the last commit, with msmtp's example changed. */
async function sendPatch(change?: (text: string) => string): Promise<Result> {
  await world.install('msmtp/msmtprc', '.msmtprc', change)
  return git(repository, ['send-email', '--confirm=never', '--to=friend@example.org', '-1'])
}

test('a patch with letters of many alphabets arrives, and applies as it was', async () => {
  const { status, stderr } = await sendPatch()
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user])
  assert.ok(delivered?.to.includes('friend@example.org'))
  const receiver = await createRepository('receiver')
  const applied = await git(receiver, ['am'], delivered?.text)
  assert.equal(applied.status, 0, applied.stderr)
  const shown = await git(receiver, ['show', '-s', '--format=%an <%ae>%n%s%n%b'])
  assert.equal(shown.stdout.trim(), `${author}\n${subject}\nMit Umlauten.`)
  assert.equal((await git(receiver, ['show', 'HEAD:grüße.txt'])).stdout, content)
})

for (const [name, change] of [
  [
    'a wrong token',
    (text: string) => text.replace(/^passwordeval .*$/m, 'passwordeval echo wrong'),
  ],
  ['a token in the wrong format', (text: string) => text.replace('=token', '=xoauth2-b64')],
] as const) {
  test(`git send-email fails with ${name}, and says so`, async () => {
    const before = world.mail.messages.length
    const { status, stderr } = await sendPatch(change)
    assert.notEqual(status, 0)
    assert.match(stderr, /msmtp: authentication failed/)
    assert.equal(world.mail.messages.length, before)
    assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
  })
}
