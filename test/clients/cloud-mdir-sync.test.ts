/**
 * examples/cloud_mdir_sync: what export.py finds in a store as cloud_mdir_sync writes it is taken by
 * `import`, and config.toml signs in by the addresses of its registrations.
 */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testClientId, testClientSecret, testTenant } from '../support/authorization-server.ts'
import { runClient, runProgram, startDaemon } from '../support/daemon.ts'
import { startDesktopSession } from '../support/desktop-session.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { fillExample } from '../support/mail-client-world.ts'
import { signInThroughPage } from '../support/sign-in.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const user = 'user@example.com'
const exporter = join(import.meta.dirname, '../../examples/cloud_mdir_sync/export.py')
/** Debian's, whatever else is on the PATH. */
const python = '/usr/bin/python3'

/**
 * Writes states as its message store does: a pickle named by its SHA-1, with the sign-ins as a pickle
 * inside it, encrypted with the key that is in the keyring.
 */
const writeStore = `
import hashlib, json, os, pickle, sys
import keyring
from cryptography.fernet import Fernet
key = Fernet.generate_key().decode()
keyring.set_password("cloud_mdir_sync", "storage", key)
for age, sign_ins in enumerate(json.load(sys.stdin)):
    inner = pickle.dumps({name: tuple(value) for name, value in sign_ins.items()})
    data = pickle.dumps({
        "content_hashes": {("o365_v0", "AAMk", "<id@example.com>"): "da39a3ee"},
        "authenticators_enc": Fernet(key).encrypt(inner),
    })
    path = os.path.join(sys.argv[1], "ch-" + hashlib.sha1(data).hexdigest())
    with open(path, "xb") as file:
        file.write(data)
    os.utime(path, (1700000000 + age, 1700000000 + age))
`

type SignIns = Record<string, [serial: number, value: unknown]>

/** A desktop session with a store in it, and what export.py says there. */
async function keepSignIns(t: TestContext, ...states: SignIns[]) {
  const { env } = await startDesktopSession(t)
  const store = join(env['HOME'] ?? '', 'mail', '.cms')
  await mkdir(store, { recursive: true })
  const written = await runProgram(python, ['-c', writeStore, store], env, JSON.stringify(states))
  assert.equal(written.status, 0, written.stderr)
  return {
    store,
    env,
    run: (...args: string[]) => runProgram(python, [exporter, ...args], env),
  }
}

const token = (refresh_token: string) => ({ refresh_token })

test('the sign-in of cloud_mdir_sync goes on in cms-oauth', async (t) => {
  const world = await createWorld()
  t.after(() => world.close())
  const daemon = await startSignedIn(world, accountToml(world))
  t.after(() => daemon.stop())
  assert.equal((await runClient(world.home, ['logout', user])).status, 0)
  const issued = world.provider.refreshes.newest()
  const { env } = await keepSignIns(t, { [`o365-${user}-${testTenant}`]: [1, token(issued)] })
  const client = join(import.meta.dirname, '../../bin/cms-oauth.js')
  const line = `${python} ${exporter} ${user} | ${client} --control-sock=${world.home.controlSocket} import ${user}`
  const result = await runProgram('/bin/sh', ['-c', line], { ...world.home.env, ...env })
  assert.deepEqual(result, {
    status: 0,
    stdout: `${user}: imported, and refreshed once\n`,
    stderr: `it was given for tenant = "${testTenant}"\n`,
  })
  const fetched = await runClient(world.home, [`--user=${user}`, '--output=token', '--no_newline'])
  assert.equal(await world.provider.introspect(fetched.stdout), user)
})

test('the newest sign-in is taken, whatever is beside it', async (t) => {
  const { run, store } = await keepSignIns(
    t,
    {
      [`o365-${user}-common`]: [4, token('R3FRESH')],
      'o365-None-common': [9, token('S3CRET')],
      'o365-other@example.com-common': [9, token('S3CRET')],
      'o365-old@example.com-common': [1, 'what MSAL kept'],
      'gmail-me@gmail.com': [2, token('R3FRESH-gmail')],
    },
    { [`o365-${user}-common`]: [3, token('S3CRET-older')] },
  )
  await writeFile(join(store, 'ch-0123456789012345678901234567890123456789'), 'half of a st')
  const found = await run('User@Example.com')
  assert.deepEqual(JSON.parse(found.stdout), { email: user, refresh_token: 'R3FRESH' })
  assert.equal(found.stderr, 'it was given for tenant = "common"\n')
  const gmail = await run('me@gmail.com', store)
  assert.deepEqual(JSON.parse(gmail.stdout), {
    email: 'me@gmail.com',
    refresh_token: 'R3FRESH-gmail',
  })
  // cms.cfg need not name whose account it is.
  assert.deepEqual(JSON.parse((await run('old@example.com')).stdout), { refresh_token: 'S3CRET' })
})

test('what there is not is told with what to do', async (t) => {
  const { run, env } = await keepSignIns(t, { [`o365-${user}-common`]: [1, 'what MSAL kept'] })
  const advice = /: sign in with "cms-oauth login user@example\.com" instead\n$/
  const none = await run(user)
  assert.deepEqual([none.status, none.stdout], [1, ''])
  assert.match(none.stderr, /^\S+\/mail\/\.cms holds no sign-in of user@example\.com: /)
  assert.match(none.stderr, advice)
  const other = await startDesktopSession(t)
  const locked = await runProgram(python, [exporter, user], other.env)
  assert.deepEqual([locked.status, locked.stdout], [1, ''])
  assert.match(locked.stderr, /^the keyring holds no key of cloud_mdir_sync/)
  assert.match(locked.stderr, advice)
  const without = await runProgram(python, [exporter, user], {
    ...env,
    PYTHON_KEYRING_BACKEND: 'keyring.backends.fail.Keyring',
  })
  assert.deepEqual([without.status, without.stdout], [1, ''])
  assert.match(without.stderr, /^the keyring does not open/)
})

test('its registrations sign in by their own redirect URIs', async (t) => {
  const world = await createWorld()
  t.after(() => world.close())
  const [port = 0] = await findFreePorts(1)
  const { url } = world.provider
  const text = await fillExample('cloud_mdir_sync/config.toml', {
    'user@domain.com': user,
    'other@gmail.com': 'other@example.com',
    '"common"': `"${testTenant}"\nauthority = "${url}"`,
    '122f4826-adf9-465d-8e84-e9d00bc9f234': testClientId,
    CLIENT_ID: `${testClientId}-post`,
    CLIENT_SECRET: testClientSecret,
    'provider = "gmail"': `provider = "gmail"\nauthorization_endpoint = "${url}/o/oauth2/v2/auth"\ntoken_endpoint = "${url}/token"`,
    ':8080': `:${port}`,
    '/home/XX/mail/.cms/exim/cms.sock': world.home.tokenSocket,
  })
  await world.home.configure(text)
  const daemon = await startDaemon(world.home)
  t.after(() => daemon.stop())
  for (const address of [user, 'other@example.com']) {
    const { ca } = world.provider.certificates
    const last = await signInThroughPage(daemon.control, address, { ca })
    assert.equal(last.event, 'completed', JSON.stringify(last))
  }
})
