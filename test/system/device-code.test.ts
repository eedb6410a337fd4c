/** A sign-in by device code: the real client and daemon, on terminals that come and go. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { SignInProgress } from '../../src/messages/control-api.ts'
import { type RunningDaemon, runClient, startDaemon } from '../support/daemon.ts'
import { runOnTerminal } from '../support/pseudo-terminal.ts'
import { type ScriptedWorld, startScriptedWorld } from '../support/scripted-world.ts'
import { accountToml, createWorld, type World } from '../support/world.ts'
import { assertSentence } from '../support/golden.ts'

const client = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
const pending = { status: 400, body: { error: 'authorization_pending' } }

/** What a device authorization endpoint answers; polls may come each second. */
function verification(changes: object = {}) {
  const body = {
    device_code: 'canary-device-code',
    user_code: 'ABCD-EFGH',
    verification_uri: 'https://microsoft.com/devicelogin',
    expires_in: 900,
    interval: 1,
    ...changes,
  }
  return { status: 200, body }
}

for (const shape of ['office365', 'oidc'] as const) {
  describe(`${shape} with grant = "device_code"`, () => {
    let world: World
    let daemon: RunningDaemon

    before(async () => {
      world = await createWorld({ identityIn: shape === 'oidc' ? 'userinfo' : 'id_token' })
      await world.home.configure(`${accountToml(world, shape)}grant = "device_code"\n`)
      daemon = await startDaemon(world.home)
    })

    after(async () => {
      await daemon.stop()
      await world.close()
    })

    test('login shows a QR code, the page and the code, and ends when the person is done', async () => {
      const terminal = runOnTerminal(`${client} login`, world.home.env)
      const screen = await terminal.shown(/\n\w{4}-\w{4}\n/)
      const [userCode = ''] = /^\w{4}-\w{4}$/m.exec(screen) ?? []
      await world.provider.decideDevice(userCode, world.user)
      const end = await terminal.ended
      assert.equal(end.status, 0)
      const [picture = '', ...text] = end.screen.split('\n\n')
      assert.deepEqual(
        picture.split('\n').filter((line) => !line.includes('\u001b[30;107m')),
        [],
      )
      assertSentence(text.join('\n\n'), 'the screen of a device code', {
        user: world.user,
        page: `${world.provider.url}/device`,
        code: userCode,
        limit: '10 minutes',
      })
      const { stdout } = await runClient(world.home, [`--user=${world.user}`, '--output=token'])
      assert.equal(await world.provider.introspect(stdout.trim()), world.user)
      await daemon.control.refresh(world.user)
    })
  })
}

describe('a device code', () => {
  let world: ScriptedWorld

  before(async () => {
    world = await startScriptedWorld('office365')
  })

  after(() => world.close())

  beforeEach(async () => {
    await world.daemon.control.forgetGrant(world.user, false)
  })

  const login = () => runClient(world.home, ['login', world.user, '--device'])
  const state = async () => (await world.daemon.control.accounts()).accounts[0]?.state

  /** Opens one over the control socket; resolves when its code is there, with what comes after. */
  async function open(): Promise<AsyncIterator<SignInProgress>> {
    const progress = world.daemon.control.signIn(world.user, { method: 'device' })
    const lines = progress[Symbol.asyncIterator]()
    const { value } = (await lines.next()) as { value: SignInProgress }
    assert.equal(value.event, 'user_code')
    return lines
  }

  test('outlives the terminal that asked for it', async () => {
    world.server.answer(verification(), pending)
    const terminal = runOnTerminal(`${client} login --device`, world.home.env)
    await terminal.shown('even after this command exits')
    terminal.hangUp()
    await terminal.ended
    assert.equal(await state(), 'signing_in')
    const before = world.daemon.log.length
    const token = world.answerWell()
    await world.daemon.logged(({ event }) => event === 'token.refreshed', before)
    assert.equal(await state(), 'active')
    assert.equal(await world.ask(), token)
    assert.ok(!JSON.stringify(world.daemon.log).includes('canary'))
  })

  test('that the person declines ends with 77 and the words of Microsoft', async () => {
    const declined = {
      error: 'authorization_declined',
      error_description: 'AADSTS70016: The user declined. Trace ID: 1',
      error_codes: [70016],
    }
    world.server.answer(verification(), { status: 400, body: declined })
    const { status, stderr } = await login()
    assert.equal(status, 77)
    assertSentence(
      stderr.split('\n')[0],
      'that the person declines ends with 77 and the words of Microsoft',
      { user: world.user, reason: 'AADSTS70016' },
    )
    assert.equal(await state(), 'signed_out')
  })

  test('that expires ends with 77, told by the provider or not', async () => {
    world.server.answer(verification(), { status: 400, body: { error: 'expired_token' } })
    const told = await login()
    world.server.answer(verification({ expires_in: 1 }))
    const untold = await login()
    assert.deepEqual([told.status, untold.status], [77, 77])
    assert.equal(told.stderr, `${untold.stderr}cms-oauth: provider said: expired_token\n`)
    assertSentence(untold.stderr, 'that expires ends with 77, told by the provider or not', {
      user: world.user,
    })
  })

  test('goes on while the provider is down', async () => {
    world.server.answer(verification(), { reset: true })
    const token = world.answerWell()
    assert.equal((await login()).status, 0)
    assert.equal(await world.ask(), token)
  })

  test('gives way to a newer sign-in, and to a logout', async () => {
    const ends: [() => Promise<unknown>, string][] = [
      [
        () => world.daemon.control.forgetGrant(world.user, false),
        `"${world.user}" was signed out during this sign-in`,
      ],
      [
        () => {
          world.server.answer(verification({ interval: 60 }))
          return open()
        },
        `this sign-in of "${world.user}" was superseded by a newer one`,
      ],
    ]
    for (const [end, message] of ends) {
      world.server.answer(verification({ interval: 60 }))
      const lines = await open()
      await end()
      const { value } = (await lines.next()) as { value: SignInProgress }
      assert.ok(value.event === 'failed')
      assert.equal(value.error.error_description, message)
    }
  })
})

test('gmail has no device code: the refusal says why, and what to do instead', async () => {
  const world = await startScriptedWorld('gmail')
  try {
    const { status, stdout, stderr } = await runClient(world.home, ['login', '--device'])
    assert.deepEqual({ status, stdout }, { status: 77, stdout: '' })
    assertSentence(
      stderr,
      'gmail has no device code: the refusal says why, and what to do instead',
      { user: world.user, name: 'https://mail.google.com/' },
    )
    assert.deepEqual(world.server.requests, [])
  } finally {
    await world.close()
  }
})
