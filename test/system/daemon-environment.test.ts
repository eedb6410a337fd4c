/** What reaches the daemon of the environment that it is started in, whichever shell reads its first lines. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { passedVariables } from '../../src/child-process/environment.ts'
import { createHome, runProgram, startDaemon } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')

const ofSystemd = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'LISTEN_PID',
  'JOURNAL_STREAM',
]
const ofFamilies = [
  'XDG_DATA_HOME',
  'LC_TIME',
  'PASSWORD_STORE_DIR',
  'OP_SESSION_x1',
  'BW_SESSION',
  'BWS_ACCESS_TOKEN',
  'VAULT_ADDR',
]
/** That one is given on under the name beside it. */
const needed = [...passedVariables, ...ofSystemd, ...ofFamilies, 'NO_COLOR'].filter(
  (name) => name !== 'NODE_EXTRA_CA_CERTS',
)

/** What makes Node, OpenSSL, the linker or a shell load, print or send something, and anybody's own. */
const dropped = {
  NODE_OPTIONS: '--inspect=127.0.0.1:0',
  NODE_DEBUG: 'net,tls',
  NODE_DEBUG_NATIVE: 'WASI',
  NODE_V8_COVERAGE: '/nowhere/coverage',
  NODE_REDIRECT_WARNINGS: '/nowhere/warnings',
  NODE_COMPILE_CACHE: '/nowhere/cache',
  NODE_CHANNEL_FD: '0',
  NODE_PATH: '/nowhere',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_PENDING_DEPRECATION: '1',
  SSLKEYLOGFILE: '/nowhere/keys',
  OPENSSL_CONF: '/nowhere',
  OPENSSL_MODULES: '/nowhere',
  LD_LIBRARY_PATH: '/nowhere',
  LD_BIND_NOW: '1',
  GCONV_PATH: '/nowhere',
  MALLOC_TRACE: '/nowhere',
  UV_THREADPOOL_SIZE: '1',
  CMS_OAUTH_CONFINEMENT: '{}',
  CMS_OAUTH_X: '1',
  SHELLOPTS_X: 'xtrace',
  BASH_ENV: '/nowhere',
  ENV: '/nowhere',
  MY_SECRET: 'x',
  x: '1',
  _9: '1',
}

const values = [
  'plain',
  '',
  'it\'s "quoted" $(id) `id` ${HOME} \\ * ? [a]',
  ' ends with a blank ',
  'two\nlines',
  'one\nexport PATH=/nowhere\nexport HOME\nMY_SECRET\n',
  '=',
  'déjà vu',
]

const shells = {
  dash: ['dash'],
  bash: ['bash', '--posix'],
  'bash that is called sh': ['bash', '-c', 'exec -a sh bash "$@"', 'bash'],
  busybox: [installedProgram('busybox', 'busybox'), 'sh'],
}

/** A copy of what the shell reads, which prints the environment instead of giving it to Node. */
async function printer(directory: string): Promise<string> {
  const lines = (await readFile(program, 'utf8')).split('\n')
  const end = lines.findIndex((line) => line.startsWith('exec node '))
  assert.ok(end > 0)
  const path = join(directory, 'first-lines')
  await writeFile(path, `${lines.slice(0, end).join('\n')}\nexec env -0\n`)
  return path
}

function parse(environment: string): Record<string, string> {
  const entries = environment.split('\0').filter((entry) => entry !== '')
  return Object.fromEntries(
    entries.map((entry) => {
      const [name = ''] = entry.split('=', 1)
      return [name, entry.slice(name.length + 1)]
    }),
  )
}

/** What a shell sets for itself and for whom it starts. */
const ofShells = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD'])
const withoutShells = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !ofShells.has(name)))

for (const [name, [shell = '', ...args]] of Object.entries(shells)) {
  test(`${name} leaves what is named, byte for byte, and nothing else`, async (t) => {
    const home = await createHome()
    t.after(() => home.remove())
    const path = await printer(home.directory)
    for (const value of values) {
      const given = Object.fromEntries(needed.map((name) => [name, value]))
      const passed = { ...given, PATH: process.env['PATH'] ?? '' }
      const env = { ...passed, ...dropped, MULTIPLE: value, NODE_EXTRA_CA_CERTS: value }
      const result = await runProgram(shell, [...args, path], env)
      assert.equal(result.status, 0, result.stderr)
      const expected = { ...passed, CMS_OAUTH_EXTRA_CA: value }
      assert.deepEqual(withoutShells(parse(result.stdout)), expected)
    }
  })
}

test('shellcheck takes what the shell reads', async (t) => {
  const home = await createHome()
  t.after(() => home.remove())
  const args = ['-s', 'sh', await printer(home.directory)]
  const result = await runProgram(installedProgram('shellcheck', 'shellcheck'), args, process.env)
  assert.equal(result.stdout, '')
})

test('a daemon started among all of them runs, with what is named', async (t) => {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(
    '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n',
  )
  const files = {
    SSLKEYLOGFILE: join(home.directory, 'keys'),
    NODE_V8_COVERAGE: join(home.directory, 'coverage'),
    NODE_REDIRECT_WARNINGS: join(home.directory, 'warnings'),
    NODE_COMPILE_CACHE: join(home.directory, 'cache'),
  }
  const loaded = { LD_PRELOAD: 'libm.so.6', LD_AUDIT: '' }
  const daemon = await startDaemon(home, { ...dropped, ...loaded, ...files })
  const environment = parse(await readFile(`/proc/${daemon.process.pid}/environ`, 'utf8'))
  assert.equal(await daemon.stop(), 0)
  const names = Object.keys(withoutShells(environment))
  assert.deepEqual(
    names.filter((name) => !needed.includes(name) && !name.startsWith('XDG_')),
    [],
  )
  assert.ok(names.includes('CMS_OAUTH_CONFIG'))
  assert.deepEqual(
    daemon.log.filter(({ event }) => event === 'text'),
    [],
  )
  assert.deepEqual(
    Object.values(files).filter((file) => existsSync(file)),
    [],
  )
})
