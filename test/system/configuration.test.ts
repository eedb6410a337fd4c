/** What the real daemon says of its configuration, and what it exits with. */
import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { createHome, type Home, runProgram } from '../support/daemon.ts'
import { assertResult, assertSentence, type Names } from '../support/golden.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
const account =
  '[[account]]\nuser = "u@x"\nprovider = "office365"\nclient_id = "11111111-2222-3333-4444-555555555555"\n'
const seeHelp = 'see "cms-oauthd --help-config" for every key and its values'

/** With another client_id. */
function odd(toml: string, id: string): string {
  return toml.replace(/client_id = "[^"]*"/, `client_id = "${id}"`)
}

describe('a start', () => {
  let home: Home

  beforeEach(async () => {
    home = await createHome()
  })

  afterEach(() => home.remove())

  const run = (...args: string[]) => runProgram(program, args, home.env)

  /** However it is started, it says the same and ends with the same status. */
  async function assertRefused(status: number, key: string, names: Names): Promise<void> {
    assertResult(await run(), status, key, names)
    assertResult(await run('--check'), status, key, names)
  }

  test('with a good file can be tried without a daemon', async () => {
    await home.configure(account)
    const result = await run('--check')
    assert.deepEqual(result, { status: 0, stdout: `${home.configFile}: ok\n`, stderr: '' })
  })

  test('does not mind what only the provider can judge: of it --check warns', async () => {
    const google = account
      .replace('office365', 'gmail')
      .replace('client_id', 'client_secret = "s"\nclient_id')
    const oidc = account.replace('office365', 'oidc')
    const cases: [toml: string, named: RegExp][] = [
      ...['...', 'client', 'your-client-id', 'a b', '00000000-0000-0000-0000-000000000000'].map(
        (id): [string, RegExp] => [odd(account, id), /client_id.*"u@x"/],
      ),
      [odd(google, 'client'), /client_id.*"u@x"/],
      [`${account}tenant = "t"\n`, /tenant.*"u@x"/],
      [`${account}scopes = ["https://x.example/mail"]\n`, /https:\/\/x\.example\/mail/],
      [`${odd(google, '1.apps.googleusercontent.com')}scopes = ["mail"]\n`, /scopes.*"u@x"/],
      [`${oidc}preset = "zoho"\n[[socket]]\nprotocols = ["SMTP"]\n`, /"u@x".*SMTP/],
    ]
    for (const [toml, named] of cases) {
      await home.configure(toml)
      const { status, stdout, stderr } = await run('--check')
      assert.deepEqual([status, stdout], [0, `${home.configFile}: ok\n`], toml)
      assert.match(stderr, /^cms-oauthd: warning: .+\ncms-oauthd: hint: .+\n$/)
      assert.match(stderr, named)
    }
  })

  test('with a file that is wrong ends with 78 and a line that says where and what', async () => {
    const longPath = `/${'p'.repeat(107)}`
    const cases: [what: string, toml: string, line: number, names: Names][] = [
      ['an unknown key', `${account}tenent = "t"\n`, 5, { key: '"tenent"', nearest: '"tenant"' }],
      ['a wrong type', `${account}tenant = 5\n`, 5, { key: '"tenant"', seeHelp }],
      ['a missing key', account.replace(/client_id.*\n/, ''), 1, { key: '"client_id"', seeHelp }],
      ['an account twice', account + account, 6, { key: '"user"', user: '"u@x"' }],
      [
        'a socket of nobody',
        `${account}[[socket]]\naccounts = ["v@x"]\n`,
        6,
        { key: '"accounts"', user: '"v@x"' },
      ],
      [
        'a long path',
        `${account}[[socket]]\npath = "${longPath}"\n`,
        6,
        { key: '"path"', limit: 107, seeHelp },
      ],
    ]
    for (const [what, toml, line, names] of cases) {
      await home.configure(toml)
      await assertRefused(78, what, { place: `${home.configFile}:${line}:`, ...names })
    }
  })

  test('by node, with a variable that could expose tokens, ends with 78', async () => {
    await home.configure(account)
    const names = ['NODE_OPTIONS', 'SSLKEYLOGFILE', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_DEBUG']
    for (const name of names) {
      const env = { ...home.env, [name]: name === 'NODE_OPTIONS' ? '--no-warnings' : '0' }
      for (const words of [[], ['--check']]) {
        const { status, stderr } = await runProgram(process.execPath, [program, ...words], env)
        assert.equal(status, 78, `${name} ${words.join(' ')}`)
        assert.match(stderr, new RegExp(`^cms-oauthd: error: .*"${name}"`))
      }
      assert.equal((await runProgram(program, ['--check'], env)).status, 0)
    }
  })

  test('with a file that others may write ends with 78', async () => {
    await home.configure(account)
    await chmod(home.configFile, 0o666)
    await assertRefused(78, 'a file that others may write', {
      file: home.configFile,
      command: 'chmod go-w',
    })
  })

  test('with several problems says each in a line of its own', async () => {
    await home.configure('[[account]]\nuser = 5\nprovider = 5\nclient_id = "c"\n')
    const { status, stderr } = await run()
    assert.equal(status, 78)
    assertSentence(stderr, 'with several problems says each in a line of its own', {
      file: home.configFile,
      seeHelp,
      name: 'user',
      name2: 'provider',
    })
  })

  test('without a file ends with 78 and names the place that was searched', async () => {
    await assertRefused(78, 'no file', { file: home.configFile, command: 'cms-oauth init' })
  })

  test('with a state directory that cannot be made ends with 78', async () => {
    await home.configure(account)
    const place = join(home.configFile, 'state')
    const { status, stdout, stderr } = await runProgram(program, [], {
      ...home.env,
      STATE_DIRECTORY: place,
    })
    assert.deepEqual([status, stdout], [78, ''])
    assertSentence(stderr, 'with a state directory that cannot be made ends with 78', {
      place,
      reason: 'ENOTDIR',
    })
  })

  test('with a wrong command line ends with 64', async () => {
    const { status, stdout, stderr } = await run('--bogus')
    assert.deepEqual([status, stdout], [64, ''])
    assertSentence(stderr, 'with a wrong command line ends with 64')
  })
})
