/** The completions, in the shells that they are for. */
import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  createHome,
  type Home,
  runClient,
  runProgram,
  type RunningDaemon,
  startDaemon,
} from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { assertResult } from '../support/golden.ts'

const root = join(import.meta.dirname, '..', '..')
const strange = 'a$(touch${IFS}pwned)b@example.com'
let home: Home
let daemon: RunningDaemon

before(async () => {
  home = await createHome()
  const addresses = ['first@example.com', 'second@example.com', strange]
  const accounts = addresses.map(
    (user) => `[[account]]\nuser = '${user}'\nprovider = "office365"\nclient_id = "c"\n`,
  )
  await home.configure(accounts.join(''))
  daemon = await startDaemon(home)
  const bin = join(home.directory, 'bin')
  await mkdir(bin)
  for (const name of ['cms-oauth', 'cms-oauthd']) {
    await symlink(join(root, 'bin', `${name}.js`), join(bin, name))
  }
  home.env['PATH'] = `${bin}:${home.env['PATH']}`
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout, stderr } = await runClient(home, ['completion', shell])
    assert.deepEqual([status, stderr], [0, ''])
    await writeFile(join(home.directory, `completion.${shell}`), stdout)
  }
})

after(async () => {
  await daemon.stop()
  await home.remove()
})

async function run(shell: string, args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram(
    'timeout',
    ['60', installedProgram(shell, shell), ...args],
    home.env,
  )
  assert.deepEqual([status, stderr], [0, ''], stdout)
  return stdout
}

test('every shell can read its completion', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    assert.equal(await run(shell, ['-n', join(home.directory, `completion.${shell}`)]), '')
  }
})

/** What bash offers at the end of a line. */
async function bashOffers(line: string, breaks = `\t\n "'@><=;|&(:`): Promise<string[]> {
  const script = `
    source ${home.directory}/completion.bash
    compopt() { :; }
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDBREAKS=$2
    case $1 in cms-oauthd*) _cms_oauthd ;; *) _cms_oauth ;; esac
    printf '%s\\n' "\${COMPREPLY[@]}"
  `
  const stdout = await run('bash', ['-c', script, 'bash', line, breaks])
  return stdout.split('\n').filter((word) => word !== '')
}

test('bash completes commands and options', async () => {
  assert.deepEqual(await bashOffers('cms-oauth lo'), ['login', 'logout'])
  assert.deepEqual(await bashOffers('cms-oauth --cms'), ['--cms-sock='])
  assert.deepEqual(await bashOffers('cms-oauth logout --rev'), ['--revoke'])
  const common = ['--control-sock=', '--config=', '--help', '--version']
  assert.deepEqual(await bashOffers('cms-oauth login --'), [
    '--no-browser',
    '--device',
    '--paste',
    '--all',
    ...common,
  ])
  assert.deepEqual(await bashOffers('cms-oauth reload --'), ['--json', ...common])
  assert.deepEqual(await bashOffers('cms-oauth --dev'), [])
})

test('bash completes the values of options and the operands of commands', async () => {
  assert.deepEqual(await bashOffers('cms-oauth --proto=I'), ['IMAP'])
  assert.deepEqual(await bashOffers('cms-oauth --user x --output oauth'), [
    'oauthbearer',
    'oauthbearer-b64',
  ])
  assert.deepEqual(await bashOffers('cms-oauth --test-smtp='), [])
  assert.deepEqual(await bashOffers('cms-oauth completion '), ['bash', 'zsh', 'fish'])
})

test('bash completes the operand after an option that has no value', async () => {
  const addresses = ['first@example.com', 'second@example.com']
  assert.deepEqual(await bashOffers('cms-oauth login --device '), addresses)
  assert.deepEqual(await bashOffers('cms-oauth logout --revoke sec'), ['second@example.com'])
  assert.deepEqual(await bashOffers('cms-oauth init --registration g'), ['gmail'])
  assert.deepEqual(await bashOffers('cms-oauth --config x'), [])
})

test('bash completes addresses of the daemon, whether or not "@" breaks words', async () => {
  assert.deepEqual(await bashOffers('cms-oauth --user='), [
    'first@example.com',
    'second@example.com',
  ])
  assert.deepEqual(await bashOffers('cms-oauth login fir'), ['first@example.com'])
  assert.deepEqual(await bashOffers('cms-oauth login first@e'), ['example.com'])
  assert.deepEqual(await bashOffers('cms-oauth login first@e', ' \t\n'), ['first@example.com'])
})

test('bash does not offer an address, and says nothing, where no daemon answers', async () => {
  const { XDG_RUNTIME_DIR: runtime } = home.env
  home.env['XDG_RUNTIME_DIR'] = join(home.directory, 'elsewhere')
  assert.deepEqual(await bashOffers('cms-oauth --user='), [])
  home.env['XDG_RUNTIME_DIR'] = runtime
})

test('bash completes the options of the daemon, and its file', async () => {
  assert.deepEqual(await bashOffers('cms-oauthd --'), [
    '--config=',
    '--check',
    '--store-copy=',
    '--rekey=',
    '--help-config',
    '--help',
    '--version',
  ])
  const [file] = await bashOffers(`cms-oauthd --config=${home.directory}/completion.b`)
  assert.equal(file, `${home.directory}/completion.bash`)
})

test('zsh completes commands, values and addresses', async () => {
  const script = `
    zmodload zsh/zpty
    zpty inner zsh -f -i
    zpty -w inner 'PS1=; autoload -Uz compinit && compinit -u -D; source ${home.directory}/completion.zsh'
    # What is typed before the line editor reads is not edited by it: it says when it does.
    show='show() { print -r -- "<$BUFFER>"; BUFFER=; zle accept-line }; zle -N show; bindkey "^X" show'
    zpty -w inner "$show"'; zle-line-init() { print -n "<re""ady>" }; zle -N zle-line-init'
    for line in "$@"; do
      zpty -r inner output '*<ready>*'
      zpty -w -n inner "$line"$'\\t\\x18'
      zpty -r inner output '*<cms*>*'
      print -r -- \${\${output##*<}%%>*}
    done
  `
  const lines = [
    'cms-oauth logo',
    'cms-oauth --proto=I',
    'cms-oauth --user=fir',
    'cms-oauth refresh sec',
    'cms-oauth completion f',
    'cms-oauth logout --rev',
    'cms-oauth --rev',
    'cms-oauthd --che',
  ]
  const stdout = await run('zsh', ['-f', '-c', script, 'zsh', ...lines])
  assert.deepEqual(
    stdout.split('\n').map((line) => line.trimEnd()),
    [
      'cms-oauth logout',
      'cms-oauth --proto=IMAP',
      'cms-oauth --user=first@example.com',
      'cms-oauth refresh second@example.com',
      'cms-oauth completion fish',
      'cms-oauth logout --revoke',
      'cms-oauth --rev',
      'cms-oauthd --check',
      '',
    ],
  )
})

async function fishOffers(line: string): Promise<string[]> {
  const script = `source ${home.directory}/completion.fish; complete -C '${line}'`
  const stdout = await run('fish', ['--no-config', '-c', script])
  return stdout.split('\n').flatMap((row) => row.split('\t')[0] || [])
}

test('fish completes commands, values and addresses', async () => {
  assert.deepEqual(await fishOffers('cms-oauth lo'), ['login', 'logout'])
  assert.deepEqual(await fishOffers('cms-oauth --proto=I'), ['--proto=IMAP'])
  assert.deepEqual(await fishOffers('cms-oauth login '), [
    'first@example.com',
    'second@example.com',
  ])
  assert.deepEqual(await fishOffers('cms-oauth completion z'), ['zsh'])
  assert.deepEqual(await fishOffers('cms-oauth logout --rev'), ['--revoke'])
  assert.deepEqual(await fishOffers('cms-oauth doctor --test-s'), ['--test-smtp'])
  assert.deepEqual(await fishOffers('cms-oauth --rev'), [])
  assert.deepEqual(await fishOffers('cms-oauthd --che'), ['--check'])
})

test('another shell is refused with those that there are', async () => {
  for (const args of [[], ['tcsh'], ['bash', 'zsh']]) {
    assertResult(
      await runClient(home, ['completion', ...args]),
      64,
      'another shell is refused with those that there are',
      { command: 'completion' },
    )
  }
})
