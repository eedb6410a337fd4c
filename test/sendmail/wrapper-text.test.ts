/** What --install writes, called from where programs call it: their environment, their limits, their sandboxes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { withoutNewCode } from '../support/without-new-code.ts'
import { program, runSendmail, startOutbox, temporaryDirectory } from './fake-outbox.ts'

const [version = 0] = process.versions.node.split('.').map(Number)
/** From 24 on Node reserves more at its start than Dovecot gives its processes, with every option. */
const kibibytes = version < 24 ? 256 * 1024 : 800 * 1024

/** The command that the script is started by, and the variables that it starts with. */
interface Place {
  before?: readonly string[]
  env?: Record<string, string>
}

function limited(option: string): Place {
  return { before: ['sh', '-c', `ulimit ${option} && exec "$@"`, 'sh'] }
}

const places: Record<string, Place> = {
  'a unit with MemoryDenyWriteExecute=, as of logrotate, chrony and auditd': {
    before: withoutNewCode,
  },
  "a limit of address space, as of Dovecot's processes": limited(`-v ${kibibytes}`),
  'a soft limit of address space': limited(`-S -v ${kibibytes}`),
  'a limit that leaves room': limited('-v 8000000'),
  'both, with closed descriptors': {
    before: withoutNewCode.concat([
      'sh',
      '-c',
      `ulimit -v ${kibibytes} && exec "$@" >&- 2>&-`,
      'sh',
    ]),
  },
  ...Object.fromEntries(
    [
      'NODE_CHANNEL_FD=3',
      'NODE_CHANNEL_FD=x',
      'NODE_UNIQUE_ID=1',
      'NODE_OPTIONS=--bad-option',
      'NODE_DEBUG=net,http',
      'NODE_DEBUG_NATIVE=mksnapshot',
      'NODE_V8_COVERAGE=/proc/nowhere',
      'NODE_REDIRECT_WARNINGS=/proc/nowhere',
      'NODE_COMPILE_CACHE=/proc/nowhere',
      'NODE_ICU_DATA=/proc/nowhere',
      'NODE_EXTRA_CA_CERTS=/proc/nowhere',
      'NODE_USE_SYSTEM_CA=1',
      'NODE_USE_ENV_PROXY=1',
      'OPENSSL_CONF=/etc/passwd',
    ].map((variable): [string, Place] => {
      const [name = '', value = ''] = variable.split('=')
      return [variable, { env: { [name]: value } }]
    }),
  ),
}

test('the script hands a message over silently, wherever it is called', async (t) => {
  const { outbox, script, env, directory } = await installed(t)
  const libraries = join(directory, 'libraries')
  mkdirSync(libraries)
  for (const name of ['libstdc++.so.6', 'libssl.so.3'])
    writeFileSync(join(libraries, name), 'other')
  const all: Record<string, Place> = {
    ...places,
    'libraries of its own': { env: { LD_LIBRARY_PATH: libraries } },
  }
  for (const [place, { before = [], env: more = {} }] of Object.entries(all)) {
    const outcome = await runSendmail({
      command: [...before, script],
      argv: ['-i', 'root'],
      input: `Subject: x\n\n${place}\n`,
      env: { ...env, ...more },
    })
    assert.deepEqual(outcome, { status: 0, stdout: '', stderr: '' }, place)
    assert.equal(outbox.handed.at(-1)?.message.toString(), `Subject: x\n\n${place}\n`)
  }
})

test('what the test denies is what Node alone does not survive', () => {
  const [command, ...args] = withoutNewCode
  assert.notEqual(spawnSync(command, [...args, process.execPath, '-e', '0']).status, 0)
})

async function installed(t: TestContext) {
  const directory = temporaryDirectory(t)
  const outbox = await startOutbox(t, join(directory, 'outbox.sock'))
  const env = { CMS_OUTBOX: outbox.socket, HOME: directory }
  const install = [process.execPath, program, 'sendmail', '--install', directory]
  assert.equal((await runSendmail({ command: install, env })).status, 0)
  return { outbox, script: join(directory, 'sendmail'), env, directory }
}
