/** The main job of each provider with the real programs: daemon, renewer, client, page, server. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type RunningDaemon, runClient, startDaemon } from '../support/daemon.ts'
import { assertError, assertResult, assertSentence } from '../support/golden.ts'
import { walkPage } from '../support/sign-in.ts'
import { accountToml, createWorld, signIn, startSignedIn, type World } from '../support/world.ts'

for (const shape of ['office365', 'gmail', 'oidc'] as const) {
  describe(shape, () => {
    let world: World
    let daemon: RunningDaemon

    before(async () => {
      world = await createWorld({ identityIn: shape === 'oidc' ? 'userinfo' : 'id_token' })
      daemon = await startSignedIn(world, accountToml(world, shape))
    })

    after(async () => {
      await daemon.stop()
      await world.close()
    })

    const fetchToken = async () => {
      const { stdout, stderr, status } = await runClient(world.home, [
        `--user=${world.user}`,
        '--output=token',
        '--no_newline',
      ])
      assert.equal(status, 0, stderr)
      return stdout
    }

    test('the client gets a token of the account that signed in', async () => {
      assert.equal(await world.provider.introspect(await fetchToken()), world.user)
    })

    test('the login test ends with the line that users of the original know', async () => {
      const { stdout, stderr, status } = await runClient(world.home, [
        `--user=${world.user}`,
        `--test-smtp=localhost:${world.mail.port}`,
      ])
      assert.equal(status, 0, stderr)
      assert.equal(
        stdout.trimEnd().split('\n').at(-1),
        "reply: retcode (235); Msg: b'2.7.0 Authentication successful'",
      )
      assert.ok(!stdout.includes(await fetchToken()))
    })

    test('a refresh gives another token, and the rotated grant survives a restart', async () => {
      const before = await fetchToken()
      const refreshed = await runClient(world.home, ['refresh', world.user])
      assert.deepEqual(refreshed, { status: 0, stdout: `${world.user}: refreshed\n`, stderr: '' })
      assert.notEqual(await fetchToken(), before)
      assert.equal(await daemon.stop(), 0)
      daemon = await startDaemon(world.home)
      const token = await fetchToken()
      assert.equal(await world.provider.introspect(token), world.user)
      assert.notEqual(token, before)
    })

    test('a grant that the provider revoked asks for a sign-in, which brings the service back', async () => {
      await world.provider.revokeGrants(world.user)
      const first = await runClient(world.home, ['refresh', world.user])
      const second = await runClient(world.home, ['refresh', world.user])
      assert.equal(first.status, 77)
      assert.equal(second.stdout, '')
      const names = { login: `cms-oauth login ${world.user}`, error: 'invalid_grant' }
      assertResult(second, 77, 'a grant that the provider revoked asks for a sign-in', names)
      const { accounts } = await daemon.control.accounts()
      assert.equal(accounts[0]?.state, 'sign_in_required')
      assert.equal((await signIn(world, daemon)).event, 'completed')
      assert.equal(await world.provider.introspect(await fetchToken()), world.user)
    })

    test('the wrong account is refused, by name, and the old grant stays', async () => {
      const before = await fetchToken()
      const { ca } = world.provider.certificates
      for await (const progress of daemon.control.signIn(world.user, { method: 'browser' })) {
        if (progress.event === 'url') {
          const page = walkPage(progress.url, { ca, user: 'other@example.com' })
          void page.then((html) => assert.match(html, /other@example\.com/))
        }
        if (progress.event !== 'failed') continue
        const { error: code, error_description: message, hint } = progress.error
        const names = { user: world.user, other: 'other@example.com' }
        assertError({ code, message, hint }, 'sign_in_failed', `the wrong account: ${shape}`, names)
      }
      assert.equal(await fetchToken(), before)
    })

    test('a person who denies is told the outcome', async () => {
      const { ca } = world.provider.certificates
      const events: string[] = []
      for await (const progress of daemon.control.signIn(world.user, { method: 'browser' })) {
        events.push(progress.event)
        if (progress.event === 'url') void walkPage(progress.url, { ca, decision: 'deny' })
        if (progress.event === 'failed') {
          const message = progress.error.error_description
          assertSentence(message, `a person who denies: ${shape}`, { user: world.user })
        }
      }
      assert.equal(events.at(-1), 'failed')
    })

    test('a logout with revocation ends the service here and at the provider', async () => {
      const token = await fetchToken()
      const logout = await runClient(world.home, ['logout', world.user, '--revoke'])
      assertResult(logout, 0, `a logout with revocation: ${shape}`, { user: world.user })
      const { status: after } = await runClient(world.home, [`--user=${world.user}`])
      assert.equal(after, 77)
      if (shape !== 'office365') assert.equal(await world.provider.introspect(token), undefined)
    })
  })
}
