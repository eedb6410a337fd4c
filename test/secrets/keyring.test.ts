/** The store's key in a real keyring. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadMasterKey } from '../../src/sealing/master-key.ts'
import { readKeyring } from '../../src/secrets/keyring.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { runProgram } from '../support/daemon.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { assertSentence, expectedError } from '../support/golden.ts'

const code = 'store_unreadable'
const ownKey = 'canary'.padEnd(64, '0').replaceAll(/[^0-9a-f]/g, 'e')

/** A session, and the state directory of a store. */
async function start(t: TestContext, name = 'state') {
  const stateDirectory = join(temporaryDirectory(t), name)
  mkdirSync(stateDirectory)
  const session = await startDesktopSession(t)
  const options = { stateDirectory, env: session.env }
  return {
    session,
    stateDirectory,
    attributes: ['application', 'cms-oauth', 'store', stateDirectory],
    empty: { ...options, isStoreEmpty: true },
    full: { ...options, isStoreEmpty: false },
  }
}

async function stored(session: DesktopSession, attributes: readonly string[]): Promise<string> {
  return (await session.secretTool(['lookup', ...attributes])).stdout
}

test('a key is made once, under a name that tells whose it is, and stays', async (t) => {
  const { session, stateDirectory, attributes, empty, full } = await start(t)
  const made = (await readKeyring(empty)).toString()
  assert.match(made, /^[0-9a-f]{64}$/)
  assert.equal((await readKeyring(full)).toString(), made)
  assert.equal((await readKeyring(empty)).toString(), made)
  const { stdout, stderr } = await session.secretTool(['search', '--all', ...attributes])
  assert.match(stdout, new RegExp(`^label = cms-oauth: key of ${stateDirectory}$`, 'm'))
  assert.equal(stdout.match(/^secret = /gm)?.length, 1)
  assert.match(stdout, new RegExp(`^secret = ${made}$`, 'm'))
  assert.deepEqual(stderr.trim().split('\n').toSorted(), [
    'attribute.application = cms-oauth',
    `attribute.store = ${stateDirectory}`,
  ])
})

test('each store has a key of its own, whatever its directory is called by', async (t) => {
  const { stateDirectory, empty, full } = await start(t, 'Größe "of" all')
  const one = await readKeyring(empty)
  const other = join(stateDirectory, 'other')
  mkdirSync(other)
  const two = await readKeyring({ ...empty, stateDirectory: other })
  assert.notDeepEqual(two, one)
  const link = join(stateDirectory, 'link')
  symlinkSync(other, link)
  assert.deepEqual(await readKeyring({ ...full, stateDirectory: link }), two)
})

test('a key is never made beside an existing store; the hint brings it from its file', async (t) => {
  const { session, stateDirectory, attributes, full } = await start(t)
  const keyFile = join(stateDirectory, 'store.key')
  writeFileSync(keyFile, `${ownKey}\n`, { mode: 0o600 })
  let command = ''
  await assert.rejects(readKeyring(full), (error: Error & { hint: string }) => {
    assertSentence(
      error.message,
      'a key is never made beside an existing store; the hint brings it from its file',
      { stateDirectory },
    )
    command = /secret-tool store .* < /.exec(error.hint)?.[0] ?? ''
    return true
  })
  assert.equal(await stored(session, attributes), '')
  const { status } = await runProgram('sh', ['-c', `${command} "${keyFile}"`], session.env)
  assert.equal(status, 0)
  assert.deepEqual(
    await loadMasterKey({ from: 'keyring' }, full),
    await loadMasterKey({ from: 'file', path: keyFile }, full),
  )
})

test('a locked keyring is waited for, and opens no dialog', async (t) => {
  const { session, empty, full } = await start(t)
  const made = await readKeyring(empty)
  await session.lock()
  const reasons: string[] = []
  const found = await new Promise((resolve, reject) => {
    const onWaiting = (reason: string) => {
      reasons.push(reason)
      session.unlock().catch(reject)
    }
    readKeyring({ ...full, onWaiting }).then(resolve, reject)
  })
  assert.deepEqual(found, made)
  assertSentence(reasons.join(), 'why it is waited for')
  assert.equal(existsSync(session.dialogFile), false)
})

test('a keyring that stays locked is an error that may pass', async (t) => {
  const { session, empty, full } = await start(t)
  const made = await readKeyring(empty)
  await session.lock()
  const reasons: string[] = []
  const onWaiting = (reason: string) => void reasons.push(reason)
  for (const options of [empty, full]) {
    const refused = readKeyring({ ...options, onWaiting, unlockLimitMs: 1_500 })
    await assert.rejects(refused, { actor: 'you' })
    await assert.rejects(refused, expectedError('store_locked', 'a keyring that stays locked'))
  }
  assert.equal(reasons.length, 2)
  assert.equal(existsSync(session.dialogFile), false)
  await session.unlock()
  assert.deepEqual(await readKeyring(full), made)
})

test('a first key that a locked keyring does not take is not tried again and again', async (t) => {
  const { session, empty } = await start(t)
  await session.lock()
  await assert.rejects(
    readKeyring(empty),
    expectedError(
      code,
      'a first key that a locked keyring does not take is not tried again and again',
    ),
  )
  assert.equal(existsSync(session.dialogFile), true)
})

test('what is not a key is refused, and left as it is', async (t) => {
  const { session, stateDirectory, attributes, empty, full } = await start(t)
  const strangers = ['', 'password', ownKey.slice(1), `${ownKey}0`, `x\n${ownKey}`]
  for (const stranger of strangers) {
    await session.secretTool(['store', '--label=x', ...attributes], stranger)
    for (const options of [empty, full]) {
      await assert.rejects(readKeyring(options), (error: Error & { code: string }) => {
        assert.equal(error.code, code)
        assertSentence(error.message, 'what is not a key is refused, and left as it is', {
          stateDirectory,
        })
        return true
      })
    }
    assert.equal(await stored(session, attributes), stranger)
  }
})

test("the session's bus is found in the runtime directory too, as a user unit has it", async (t) => {
  const { session, empty, full } = await start(t)
  const made = await readKeyring(empty)
  const env = { ...session.env, DBUS_SESSION_BUS_ADDRESS: undefined }
  assert.deepEqual(await readKeyring({ ...full, env }), made)
})

test('a key that the keyring does not give back as it was is not used', async (t) => {
  const stateDirectory = temporaryDirectory(t)
  const env = { PATH: `${stateDirectory}:${process.env['PATH']}`, HOME: stateDirectory }
  const changes = ['cat > /dev/null', 'tr 0-9a-f 1-9a-f0 > kept']
  for (const change of changes) {
    const search = 'test ! -e kept || echo "secret = $(cat kept)"'
    const script = `#!/bin/sh\ncd "$HOME"\nif [ $1 = store ]; then ${change}; else ${search}; fi\n`
    writeFileSync(join(stateDirectory, 'secret-tool'), script, { mode: 0o755 })
    await assert.rejects(
      readKeyring({ stateDirectory, isStoreEmpty: true, env }),
      expectedError(code, 'a key that the keyring does not give back as it was is not used'),
    )
  }
})

test('where there is no session, and no secret-tool, that is said', async (t) => {
  const stateDirectory = temporaryDirectory(t)
  const env = { PATH: process.env['PATH'], HOME: stateDirectory, DISPLAY: ':0' }
  const options = { stateDirectory, isStoreEmpty: true }
  await assert.rejects(
    readKeyring({ ...options, env }),
    expectedError(code, 'no session', {
      said: 'Cannot autolaunch D-Bus without X11 $DISPLAY',
      key: '[store] key',
    }),
  )
  const dead = { ...env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }
  await assert.rejects(
    readKeyring({ ...options, env: dead }),
    expectedError(code, 'a dead session', {
      said: 'Could not connect: No such file or directory',
      key: '[store] key',
    }),
  )
  await assert.rejects(
    readKeyring({ ...options, env: { PATH: stateDirectory } }),
    expectedError(code, 'where there is no session, and no secret-tool, that is said'),
  )
})
