/** What the real daemon says of its configuration, and what it exits with. */
import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { createHome, type Home, runProgram } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
const account =
  '[[account]]\nuser = "u@x"\nprovider = "office365"\nclient_id = "11111111-2222-3333-4444-555555555555"\n'
const seeHelp = 'see "cms-oauthd --help-config" for every key and its values'

describe('a start', () => {
  let home: Home

  beforeEach(async () => {
    home = await createHome()
  })

  afterEach(() => home.remove())

  const run = (...args: string[]) => runProgram(program, args, home.env)

  /** However it is started, it says the same and ends with the same status. */
  async function assertRefused(status: number, error: string, hint: string): Promise<void> {
    const stderr = `cms-oauthd: error: ${error}\ncms-oauthd: hint: ${hint}\n`
    assert.deepEqual(await run(), { status, stdout: '', stderr })
    assert.deepEqual(await run('--check'), { status, stdout: '', stderr })
  }

  test('with a good file can be tried without a daemon', async () => {
    await home.configure(account)
    const result = await run('--check')
    assert.deepEqual(result, { status: 0, stdout: `${home.configFile}: ok\n`, stderr: '' })
  })

  test('with a file that is wrong ends with 78 and a line that says where and what', async () => {
    const longPath = `/${'p'.repeat(107)}`
    const cases: [toml: string, problem: string, hint: string][] = [
      [`${account}tenent = "t"\n`, '5: key "tenent": is not known', 'did you mean "tenant"?'],
      [`${account}tenant = 5\n`, '5: key "tenant": must be a string', seeHelp],
      [account.replace(/client_id.*\n/, ''), '1: key "client_id": is missing', seeHelp],
      [
        account + account,
        '6: key "user": "u@x" is listed twice',
        'remove one of the two [[account]] entries',
      ],
      [
        `${account}[[socket]]\naccounts = ["v@x"]\n`,
        '6: key "accounts": names "v@x", which no [[account]] has',
        'correct the address (case matters) or add the [[account]]',
      ],
      [
        `${account}[[socket]]\npath = "${longPath}"\n`,
        '6: key "path": must have at most 107 bytes: the kernel does not accept more',
        seeHelp,
      ],
    ]
    for (const [toml, problem, hint] of cases) {
      await home.configure(toml)
      await assertRefused(78, `${home.configFile}:${problem}`, hint)
    }
  })

  test('with a file that others may write ends with 78', async () => {
    await home.configure(account)
    await chmod(home.configFile, 0o666)
    await assertRefused(
      78,
      `others may write the configuration "${home.configFile}"`,
      `run "chmod go-w ${home.configFile}"`,
    )
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
    await assertRefused(
      78,
      `there is no configuration: looked for "${home.configFile}"`,
      'run "cms-oauth init", which writes one, or name it with --config',
    )
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
