/** A sign-in in a browser that cannot reach this machine: the address it ends at is pasted. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { pageElsewhere } from '../support/authorization-clients.ts'
import { type RunningDaemon, runClient, startDaemon } from '../support/daemon.ts'
import { assertSentence, expectedError } from '../support/golden.ts'
import { runOnTerminal } from '../support/pseudo-terminal.ts'
import { walkSignIn } from '../support/walk-sign-in.ts'
import { accountToml, createWorld, type World } from '../support/world.ts'

const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')

for (const shape of ['office365', 'gmail', 'oidc'] as const) {
  describe(`${shape} over --paste`, () => {
    let world: World
    let daemon: RunningDaemon

    before(async () => {
      world = await createWorld({ identityIn: shape === 'oidc' ? 'userinfo' : 'id_token' })
      await world.home.configure(accountToml(world, shape))
      daemon = await startDaemon(world.home)
    })

    after(async () => {
      await daemon.stop()
      await world.close()
    })

    /** A terminal with login --paste, and where the provider leaves a browser elsewhere. */
    async function open(choice: { decision?: 'deny'; user?: string } = {}) {
      const terminal = runOnTerminal(`${client} login ${world.user} --paste`, world.home.env)
      const screen = await terminal.shown('> ')
      const start = /^https:\S+$/m.exec(screen)?.[0] ?? assert.fail(screen)
      const { ca } = world.provider.certificates
      return { terminal, start, end: await walkSignIn(start, { ca, isElsewhere: true, ...choice }) }
    }

    test('a wrong address is explained, the right one signs in, however long it is', async () => {
      const { terminal, start, end } = await open()
      terminal.type(start)
      await terminal.shown('from before the end of the sign-in')
      terminal.type(end.replace(/state=[^&]+/, 'state=another'))
      await terminal.shown('what was pasted belongs to another sign-in')
      // Longer than a line of the terminal may be.
      terminal.type(`${end}&padding=${'x'.repeat(5_000)}`)
      const { status, screen } = await terminal.ended
      assert.equal(status, 0, screen)
      const last = screen.trimEnd().split('\n').at(-1)
      assertSentence(last, 'the right address signs in', { user: world.user })
      const { stdout } = await runClient(world.home, [`--user=${world.user}`, '--output=token'])
      assert.equal(await world.provider.introspect(stdout.trim()), world.user)
      const code = new URL(end).searchParams.get('code') ?? assert.fail()
      assert.ok(!JSON.stringify(daemon.log).includes(code))
    })

    test('the wrong person is refused by name, and so is one who says no', async () => {
      for (const [choice, key, names] of [
        [{ user: 'other@example.com' }, 'the wrong person', { other: 'other@example.com' }],
        [{ decision: 'deny' }, 'one who says no', {}],
      ] as const) {
        const { terminal, end } = await open(choice)
        terminal.type(end)
        const { status, screen } = await terminal.ended
        assert.equal(status, 77, screen)
        const error = /cms-oauth: error: .*/.exec(stripVTControlCharacters(screen))?.[0]
        assertSentence(error, key, {
          user: world.user,
          ...names,
        })
      }
    })
  })
}

test('where the registration has a page elsewhere, its address is pasted, and nothing else is offered', async (t) => {
  const world = await createWorld()
  t.after(() => world.close())
  await world.home.configure(`${accountToml(world)}redirect_uri = "${pageElsewhere}"\n`)
  const daemon = await startDaemon(world.home)
  t.after(() => daemon.stop())
  const { status, stderr } = await runClient(world.home, ['login', world.user])
  assert.equal(status, 64)
  assertSentence(stderr, 'a page elsewhere, in the browser', {
    user: world.user,
    page: pageElsewhere,
  })
  const terminal = runOnTerminal(`${client} login ${world.user} --paste`, world.home.env)
  const screen = await terminal.shown('> ')
  assert.ok(screen.includes(`"${pageElsewhere}"`), screen)
  const start = /^https:\S+$/m.exec(screen)?.[0] ?? assert.fail(screen)
  const { ca } = world.provider.certificates
  const end = await walkSignIn(start, { ca, isElsewhere: true })
  assert.ok(end.startsWith(`${pageElsewhere}?`), end)
  terminal.type(end)
  assert.equal((await terminal.ended).status, 0)
  const { stdout } = await runClient(world.home, [`--user=${world.user}`, '--output=token'])
  assert.equal(await world.provider.introspect(stdout.trim()), world.user)
})

describe('the pasted address', () => {
  let world: World
  let daemon: RunningDaemon

  before(async () => {
    world = await createWorld()
    await world.home.configure(accountToml(world))
    daemon = await startDaemon(world.home)
  })

  after(async () => {
    await daemon.stop()
    await world.close()
  })

  test('is refused where no sign-in waits for one', async () => {
    const command = `cms-oauth login ${world.user} --paste`
    await assert.rejects(
      daemon.control.redirectSignIn(world.user, { url: 'http://localhost/' }),
      expectedError('sign_in_failed', 'no sign-in waits for one', { command, user: world.user }),
    )
    await assert.rejects(daemon.control.redirectSignIn('x@example.com', { url: 'x' }), {
      code: 'account_unknown',
    })
  })

  test('is only pasted: no port of this machine is open for it', async () => {
    const terminal = runOnTerminal(`${client} login --paste`, world.home.env)
    const screen = await terminal.shown('> ')
    const start = /^https:\S+$/m.exec(screen)?.[0] ?? assert.fail(screen)
    const redirectUri = new URL(start).searchParams.get('redirect_uri') ?? assert.fail(start)
    await assert.rejects(fetch(redirectUri), ({ cause }: Error) => {
      assert.equal((cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
      return true
    })
    terminal.type('\u0003')
    await terminal.ended
  })

  test('may come in two lines, escaped, under another name of this machine', async () => {
    const terminal = runOnTerminal(`${client} login ${world.user} --paste`, world.home.env)
    const screen = await terminal.shown('> ')
    const start = /^https:\S+$/m.exec(screen)?.[0] ?? assert.fail(screen)
    const { ca } = world.provider.certificates
    const end = await walkSignIn(start, { ca, isElsewhere: true })
    const text = end.replace('http://localhost', '127.0.0.1').replaceAll('&', '&amp;')
    const middle = text.indexOf('state=') + 'state='.length + 20
    terminal.type(text.slice(0, middle))
    await terminal.shown('is cut off: its "state=" goes on')
    terminal.type(text.slice(middle))
    assert.equal((await terminal.ended).status, 0)
    assert.equal((await runClient(world.home, ['logout', world.user])).status, 0)
  })

  test('is waited for no more after Ctrl-C', async () => {
    const terminal = runOnTerminal(`${client} login ${world.user} --paste`, world.home.env)
    await terminal.shown('> ')
    terminal.type('\u0003')
    assert.equal((await terminal.ended).status, 128 + 2)
    await daemon.logged(({ message }) => String(message).endsWith('was cancelled'))
  })
})
