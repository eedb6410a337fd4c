/** examples/registration, which `cms-oauth init --registration` prints: office365, app-only, outlook, gmail. */
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { registrations } from '../../src/client/init/registration.ts'
import { temporaryHome } from '../client/run-against.ts'
import { runClient, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

/** What the Azure CLI says, by what it is asked; every call goes into the log. */
const azureCli = `#!/bin/sh
echo "$*" >> "$HOME/az.log"
case "$*" in
  'ad app create'*) echo app-id ;;
  'ad sp create'*) echo principal-id ;;
  'account show'*) echo tenant-id ;;
  *'--id 00000002-0000-0ff1-ce00-000000000000 --output none') exit "\${EXCHANGE:-0}" ;;
  *Unknown*) ;;
  'ad sp show'*query*) echo "$*" | sed "s/.*value=='\\([^']*\\)'.*/id-of-\\1/" ;;
esac
`

async function run(
  t: TestContext,
  name: string,
  env: NodeJS.ProcessEnv = {},
  edit = (s: string) => s,
) {
  const home = await temporaryHome(t)
  const bin = join(home.directory, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'az'), azureCli, { mode: 0o755 })
  await writeFile(join(bin, 'sleep'), '#!/bin/sh\n', { mode: 0o755 })
  const printed = await runClient(home, ['init', '--registration', name])
  assert.equal(printed.status, 0)
  const result = await runProgram(
    '/bin/sh',
    [],
    { ...home.env, ...env, PATH: `${bin}:${process.env['PATH']}` },
    edit(printed.stdout),
  )
  const log = await readFile(join(home.directory, 'az.log'), 'utf8').catch(() => '')
  return { ...result, calls: log.trimEnd().split('\n') }
}

for (const name of registrations) {
  test(`the registration of ${name} is a script that shells and shellcheck take`, async (t) => {
    const home = await temporaryHome(t)
    const { stdout } = await runClient(home, ['init', '--registration', name])
    const file = join(home.directory, 'script')
    await writeFile(file, stdout)
    for (const [program, ...args] of [
      ['/bin/bash', '-n', file],
      ['/bin/sh', '-n', file],
      [installedProgram('shellcheck', 'shellcheck'), file],
    ] as [string, ...string[]][]) {
      const { status, stdout: said } = await runProgram(program, args, {
        PATH: process.env['PATH'],
      })
      assert.equal(status, 0, said)
    }
    assert.ok(stdout.split('\n').every((line) => line.length <= 110))
  })
}

test('a public client gets the permissions of mail, by their ids', async (t) => {
  const { status, stdout, stderr, calls } = await run(t, 'office365')
  assert.deepEqual([status, stderr], [0, ''])
  const create = calls.find((call) => call.startsWith('ad app create')) ?? ''
  assert.match(
    create,
    /--is-fallback-public-client true --public-client-redirect-uris http:\/\/localhost /,
  )
  const added = calls.filter((call) => call.startsWith('ad app permission add'))
  const exchange = '00000002-0000-0ff1-ce00-000000000000'
  assert.deepEqual(
    added.map((call) => call.replace(/.*--api (\S+) --api-permissions (\S+) .*/, '$1 $2')),
    [
      `${exchange} id-of-SMTP.Send=Scope`,
      `${exchange} id-of-IMAP.AccessAsUser.All=Scope`,
      `${exchange} id-of-POP.AccessAsUser.All=Scope`,
      '00000003-0000-0000-c000-000000000000 id-of-offline_access=Scope',
    ],
  )
  assert.ok(calls.includes('ad app permission admin-consent --id app-id'))
  assert.match(stdout, /^Client ID: {2}app-id\nTenant: {5}tenant-id$/m)
})

test('where Exchange is not listed the permissions are those of Microsoft Graph', async (t) => {
  const { calls } = await run(t, 'office365', { EXCHANGE: '3' })
  const added = calls.filter((call) => call.startsWith('ad app permission add'))
  assert.equal(added.length, 4)
  assert.ok(added.every((call) => call.includes('--api 00000003-0000-0000-c000-000000000000')))
})

test('a permission that the API does not have ends it', async (t) => {
  const { status, stderr } = await run(t, 'office365', {}, (script) =>
    script.replace('SMTP.Send\n', 'Unknown\n'),
  )
  assert.equal(status, 1)
  assert.match(stderr, /has no permission "Unknown"/)
})

test('an app of its own gets permissions for applications, and PowerShell its object id', async (t) => {
  const { status, stdout, calls } = await run(t, 'app-only')
  assert.equal(status, 0)
  const added = calls.filter((call) => call.startsWith('ad app permission add'))
  assert.equal(added.length, 3)
  assert.ok(added.every((call) => call.includes('AsApp=Role')))
  assert.match(stdout, /New-ServicePrincipal -AppId app-id -ObjectId principal-id /)
  assert.match(stdout, /Add-MailboxPermission -Identity \S+ -User principal-id /)
  assert.match(stdout, /-SmtpClientAuthenticationDisabled \$false$/m)
})

test('another name is refused with the nearest', async (t) => {
  const home = await temporaryHome(t)
  const { status, stderr } = await runClient(home, ['init', '--registration', 'office'])
  assert.equal(status, 64)
  assert.match(stderr, /no registration "office"\n.*hint: .*office365/)
})
