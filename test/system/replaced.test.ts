/** The real daemon whose program files an update replaces under it. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createHome, type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { scriptedAccountToml } from '../support/scripted-world.ts'

const root = join(import.meta.dirname, '..', '..')
const user = 'user@example.com'

interface Installation {
  directory: string
  daemon: RunningDaemon
  /** Has the provider answer one refresh well. */
  refresh: () => Promise<void>
}

/** A daemon that runs from a copy of the programs, with a Node of its own, and is signed in. */
async function install(t: TestContext): Promise<Installation> {
  const provider = await startScriptedServer()
  t.after(() => provider.close())
  const home = await createHome(provider.certificates.caFile)
  t.after(() => home.remove())
  const directory = join(home.directory, 'installed')
  cpSync(join(root, 'bin'), join(directory, 'bin'), { recursive: true })
  cpSync(join(root, 'dist'), join(directory, 'dist'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  copyFileSync(join(root, 'package.json'), join(directory, 'package.json'))
  copyFileSync(process.execPath, join(directory, 'bin', 'node'))
  home.daemonProgram = join(directory, 'bin', 'cms-oauthd.js')
  await home.configure(scriptedAccountToml(provider.url, user, 'oidc'))
  const PATH = `${join(directory, 'bin')}:${process.env['PATH']}`
  const daemon = await startDaemon(home, { PATH })
  t.after(() => daemon.stop())
  const good = { access_token: 'token', token_type: 'Bearer', expires_in: 3_600 }
  provider.answer({ status: 200, body: { ...good, refresh_token: 'rotated' } })
  await daemon.control.importGrant(user, { refresh_token: 'foreign' })
  const pid = daemon.process.pid ?? assert.fail('no daemon')
  // A renewer that was started before goes on being of the daemon's build.
  while (findRenewerPid(pid) !== undefined) await delay(50)
  const refresh = () => {
    provider.answer({ status: 200, body: good })
    return daemon.control.refresh(user)
  }
  return { directory, daemon, refresh }
}

/** As package managers do: a new file takes the name. */
function replaceFile(path: string, content: Buffer | string): void {
  writeFileSync(`${path}.new`, content)
  chmodSync(`${path}.new`, 0o755)
  renameSync(`${path}.new`, path)
}

function updateTo(directory: string, build: string): void {
  const dist = join(directory, 'dist')
  for (const name of readdirSync(dist).filter((file) => file.endsWith('.cjs'))) {
    const text = readFileSync(join(dist, name), 'utf8')
    replaceFile(join(dist, name), text.replaceAll(buildOf(text), build))
  }
}

function buildOf(text: string): string {
  return /"([0-9a-f]{16})"/.exec(text)?.[1] ?? 'no build'
}

const updates: [what: string, update: (directory: string) => void, verb: string][] = [
  ['another build', (directory) => updateTo(directory, 'other'), 'replaced'],
  [
    'an update that has come half the way',
    (directory) => {
      updateTo(directory, 'other')
      truncateSync(join(directory, 'dist', 'cms-oauth-renewer.cjs'), 1_000)
      truncateSync(join(directory, 'dist', 'cms-oauth-configuration.cjs'), 1_000)
    },
    'replaced',
  ],
  [
    'removed programs',
    (directory) => rmSync(join(directory, 'dist'), { recursive: true }),
    'removed',
  ],
  ['a removed Node', (directory) => rmSync(join(directory, 'bin', 'node')), 'removed'],
]

// Each waits for its renewer to go: at the same time.
describe('an update', { concurrency: true }, () => {
  for (const [what, update, verb] of updates) {
    test(`${what} is told as that, and the token in memory served on`, async (t) => {
      const { directory, daemon, refresh } = await install(t)
      update(directory)
      const message = new RegExp(`^the program files of cms-oauthd were ${verb}: "${directory}/`)
      const hint =
        verb === 'removed' ? 'install it again, then restart cms-oauthd' : 'restart cms-oauthd'
      await assert.rejects(refresh(), { code: 'provider_unavailable', message, hint })
      await assert.rejects(daemon.control.reload(), { code: 'provider_unavailable', message, hint })
      const { accounts } = await daemon.control.accounts()
      assert.match(accounts[0]?.error?.error_description ?? '', message)
      assert.equal(accounts[0]?.error?.actor, 'you')
      assert.notEqual(accounts[0]?.expires_at, null)
      const { renewer } = await daemon.control.diagnostics()
      assert.equal(renewer.error?.hint, hint)
      const logged = await daemon.logged(({ event }) => event === 'token.refresh_failed')
      assert.deepEqual([logged['hint'], logged['actor']], [hint, 'you'])
    })
  }

  test('the same build installed once more changes nothing', async (t) => {
    const { directory, daemon, refresh } = await install(t)
    for (const name of readdirSync(join(directory, 'dist'))) {
      const path = join(directory, 'dist', name)
      if (name.endsWith('.cjs')) replaceFile(path, readFileSync(path))
    }
    await refresh()
    await daemon.control.reload()
  })

  test('programs that are put back work again', async (t) => {
    const { directory, refresh } = await install(t)
    const dist = join(directory, 'dist')
    renameSync(dist, `${dist}.away`)
    await assert.rejects(refresh(), { code: 'provider_unavailable' })
    renameSync(`${dist}.away`, dist)
    await refresh()
  })
})
