/** What people copy from the documents and manual pages, run against the real daemon. */
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { controlExamples } from '../../src/man-pages/control-page.ts'
import { socketExamples } from '../../src/man-pages/socket-page.ts'
import { type RunningDaemon, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import { blocksOf, root } from './documents.ts'

describe('a line that is there to be copied', () => {
  let world: World
  let daemon: RunningDaemon
  let env: NodeJS.ProcessEnv

  before(async () => {
    world = await createWorld()
    world.user = 'user@domain.com'
    const protocols = '[[socket]]\nprotocols = ["SMTP", "IMAP"]\n'
    daemon = await startSignedIn(world, `${accountToml(world)}${protocols}`)
    const bin = join(world.home.directory, 'bin')
    mkdirSync(bin)
    symlinkSync(join(root, 'bin', 'cms-oauth.js'), join(bin, 'cms-oauth'))
    env = { ...world.home.env, PATH: `${bin}:${process.env['PATH']}` }
  })

  after(async () => {
    await daemon.stop()
    await world.close()
  })

  async function shell(line: string): Promise<string> {
    const { status, stdout, stderr } = await runProgram('sh', ['-c', line], env)
    assert.deepEqual([status, stderr], [0, ''], line)
    return stdout
  }

  test('gets a token, from the README', async () => {
    const [line = ''] = blocksOf('README.md', 'sh').filter((block) => block.includes('nc -UN'))
    assert.match(await shell(line), /^[\w.~-]{20,}$/)
  })

  test('gets a token, from cms-oauth-socket(7)', async () => {
    installedProgram('nc', 'netcat-openbsd')
    assert.match(await shell(socketExamples.nc.join(' ')), /^[\w.~-]{20,}$/)
    const { access_token: token } = JSON.parse(await shell(socketExamples.client)) as {
      access_token: string
    }
    const python = socketExamples.python
      .join('\n')
      .replace(/'\/run\/user.*'/, JSON.stringify(world.home.tokenSocket))
    const program = `import sys\n${python}\nsys.stdout.write(token)\n`
    const { stdout } = await runProgram(installedProgram('python3', 'python3'), ['-'], env, program)
    assert.equal(stdout, token)
  })

  test('manages the daemon, from cms-oauth-control(7)', async () => {
    installedProgram('curl', 'curl')
    const [place, accounts, events, metrics, refresh] = controlExamples
    const said = await shell(`${place}\n${accounts.replace('curl', 'curl -sS')}`)
    assert.equal(
      (JSON.parse(said) as { accounts: { user: string }[] }).accounts[0]?.user,
      world.user,
    )
    assert.match(
      await shell(`${place}\n${metrics.replace('curl', 'curl -sS')}`),
      /^cms_oauth_token_state\{account="\w+",state="active"\} 1$/m,
    )
    const following = runProgram('sh', ['-c', `${place}\n${events} | head -n 1`], env)
    const refreshes = setInterval(() => void daemon.control.refresh(world.user), 250)
    const { stdout } = await following.finally(() => clearInterval(refreshes))
    assert.match(stdout, /^\{"time":"[^"]+","event":"token\.refresh/)
    assert.equal(await shell(`${place}\n${refresh.replace('curl', 'curl -sS')}`), '{}\n')
  })
})
