import assert from 'node:assert/strict'
import { test } from 'node:test'
import { childEnvironment } from '../../../src/child-process/environment.ts'
import { restartAdvice } from '../../../src/daemon/processes/create-program-files.ts'
import { buildId } from '../../../src/package/build-id.ts'

test('a child is told the build it must be of, and nothing of the supervisor', () => {
  const env = childEnvironment({ PATH: '/bin', NOTIFY_SOCKET: '/run/x', CMS_OAUTH_BUILD: 'forged' })
  assert.deepEqual(env, { PATH: '/bin', CMS_OAUTH_BUILD: buildId })
})

const underSystemd = { NOTIFY_SOCKET: '/run/systemd/notify' }
const system = '0::/system.slice/cms-oauthd.service\n'
const user = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/mail.service\n'
const cases: [what: string, env: NodeJS.ProcessEnv, cgroups: string, advice: string][] = [
  ['a system unit', underSystemd, system, 'run "systemctl restart cms-oauthd.service"'],
  ['a user unit of any name', underSystemd, user, 'run "systemctl --user restart mail.service"'],
  ['a shell below another unit', {}, user, 'restart cms-oauthd'],
  ['a container', underSystemd, '0::/\n', 'restart cms-oauthd'],
  ['no cgroups', underSystemd, '', 'restart cms-oauthd'],
]

for (const [what, env, cgroups, advice] of cases) {
  test(`how to restart the daemon: ${what}`, () => {
    assert.equal(restartAdvice(env, cgroups), advice)
  })
}
