import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitStatus } from '../../src/client/exit-status.ts'
import { runClient } from '../support/daemon.ts'
import { serveTokens, temporaryHome } from './run-against.ts'

const user = 'user@example.com'
const raw = `user=${user}\u0001auth=Bearer T0KEN\u0001\u0001`

test('every error of the daemon becomes its exit status, with nothing on standard output', async (t) => {
  const home = await temporaryHome(t)
  let error = ''
  const answer = (request: string) =>
    request.includes(',json ')
      ? JSON.stringify({ error, error_description: 'it went wrong', hint: 'do that' })
      : ''
  await serveTokens(t, home, answer)
  const expected: [string, number][] = [
    ['account_unknown', 67],
    ['provider_unavailable', 75],
    ['store_locked', 75],
    ['provider_protocol', 76],
    ['sign_in_required', 77],
    ['not_permitted', 77],
    ['protocol_not_enabled', 77],
    ['provider_rejected', 77],
    ['store_unreadable', 78],
    ['request_invalid', 64],
  ]
  for (const [code, status] of expected) {
    error = code
    assert.deepEqual(await runClient(home, [`--user=${user}`]), {
      status,
      stdout: '',
      stderr: 'cms-oauth: error: it went wrong\ncms-oauth: hint: do that\n',
    })
    assert.equal(exitStatus[code as keyof typeof exitStatus], status)
  }
})

test('what a server says is told line by line, and does not get at the terminal', async (t) => {
  const home = await temporaryHome(t)
  const error = {
    error: 'not_permitted',
    error_description: 'a\u001b[2J\nb',
    hint: 'c\u009b\nd\u00e9',
  }
  await serveTokens(t, home, () => JSON.stringify(error))
  const { stderr } = await runClient(home, [`--user=${user}`])
  assert.equal(
    stderr,
    'cms-oauth: error: a\\x1b[2J\ncms-oauth: error: b\ncms-oauth: hint: c\\x9b\ncms-oauth: hint: d\u00e9\n',
  )
})

test('without a daemon the status is 69 and the hint starts one', async (t) => {
  const home = await temporaryHome(t)
  const { status, stdout, stderr } = await runClient(home, [`--user=${user}`])
  assert.deepEqual({ status, stdout }, { status: 69, stdout: '' })
  assert.equal(
    stderr,
    `cms-oauth: error: nobody answers on "${home.tokenSocket}"\n` +
      'cms-oauth: hint: start the daemon: "systemctl --user start cms-oauthd" or "cms-oauthd", or set up with "cms-oauth init"; name another path with --cms_sock\n',
  )
})

const misuses: [args: string[], message: string, hint: RegExp][] = [
  [[], 'nothing to do', /usage: cms-oauth --user=ADDRESS .*--help/],
  [['--proto=SMTP'], '--user is missing', /--user=user@domain.com/],
  [['--user=user'], '--user="user" is not an address', /as in the configuration/],
  [['--user=a b@c'], '--user="a b@c" is not an address', /as in the configuration/],
  [['--user=\u00fc@x'], '--user="\u00fc@x" is not an address', /in ASCII/],
  [
    [`--user=${'u'.repeat(253)}@x`],
    `--user="${'u'.repeat(253)}@x" is not an address`,
    /as in the configuration/,
  ],
  [
    ['--user=u@x', '--proto=smtp'],
    '--proto="smtp" is not a protocol',
    /did you mean "SMTP"\? .*IMAP, POP/,
  ],
  [['--user=u@x', '--output=xml'], '--output="xml" is not an output format', /xoauth2, .*json/],
  [['--user=u@x', '--output=tokn'], '--output="tokn" is not an output format', /mean "token"\?/],
  [['--usr=u@x'], 'there is no option "--usr"', /did you mean "--user"\?/],
  [['--user'], '--user needs a value', /write --user=ADDRESS/],
  [['--cms_sock', '--user=u@x'], '--cms-sock needs a value', /write --cms-sock=PATH/],
  [['--user=u@x', '--no_newline=yes'], '--no-newline takes no value', /--help/],
  [['--user=u@x', '--newline'], 'there is no option "--newline"', /--help/],
  [['status', '--no-json'], 'there is no option "--no-json"', /--help/],
  [['--user=u@x', '--watch'], '--watch belongs to a command', /"cms-oauth status --help"/],
  [['stats'], 'there is no command "stats"', /did you mean "status"\?/],
  [['u@x'], 'there is no command "u@x"', /did you mean "--user=u@x"\?/],
  [['status', '--revoke'], '"status" takes no --revoke', /--help/],
  [['login', '--user=u@x'], '"login" takes no --user', /write "cms-oauth login u@x"/],
  [['reload', '--user=u@x'], '"reload" takes no --user', /"cms-oauth reload --help"/],
  [['help'], 'there is no command "help"', /did you mean "cms-oauth --help"\?/],
  [['help', 'login'], 'there is no command "help"', /"cms-oauth login --help"/],
  [['frob', '--help'], 'there is no command "frob"', /"cms-oauth --help"/],
  [['reload', 'more'], '"reload" takes no operand', /"cms-oauth reload"/],
  [['status', '--json', '--watch'], '--json and --watch cannot be combined', /events/],
  [['refresh'], '"refresh" needs an address', /cms-oauth refresh user@domain.com/],
  [['refresh', 'a@x', 'b@x'], '"refresh" takes one address', /./],
  [['--user=u@x', '--test-smtp=a', '--test-pop=b'], 'one login test at a time', /--help/],
  [['--user=u@x', '--test-imap='], '"" is not a mail server', /HOST:PORT/],
]

for (const [args, message, hint] of misuses) {
  test(`bad usage is told and ends with 64: ${args.join(' ') || 'no argument'}`, async (t) => {
    const home = await temporaryHome(t)
    const { status, stdout, stderr } = await runClient(home, args)
    assert.deepEqual({ status, stdout }, { status: 64, stdout: '' })
    const [error = '', advice = ''] = stderr.split('\n')
    assert.equal(error, `cms-oauth: error: ${message}`)
    assert.match(advice, /^cms-oauth: hint: /)
    assert.match(advice, hint)
  })
}

test('option names take "_" and "-", values stand behind "=" or a space, the last one counts', async (t) => {
  const home = await temporaryHome(t)
  const requests = await serveTokens(t, home, () => raw)
  const path = home.tokenSocket
  for (const args of [
    [`--user=${user}`, `--cms_sock=${path}`, '--no_newline'],
    ['--user', user, '--cms-sock', path, '--no-newline'],
    ['--user=other@example.com', '--proto=IMAP', `--user=${user}`, '--proto=SMTP', '--no_newline'],
  ]) {
    assert.deepEqual(await runClient(home, args), { status: 0, stdout: raw, stderr: '' })
  }
  assert.deepEqual(new Set(requests), new Set([`SMTP,xoauth2 ${user}`]))
})

test('every format is printed with one newline', async (t) => {
  const home = await temporaryHome(t)
  const requests = await serveTokens(t, home, () => raw)
  const bearer = `n,a=${user},\u0001auth=Bearer T0KEN\u0001\u0001`
  const outputs = {
    xoauth2: raw,
    'xoauth2-b64': btoa(raw),
    oauthbearer: bearer,
    'oauthbearer-b64': btoa(bearer),
    token: 'T0KEN',
    json: `{"account":"${user}","user":"${user}","protocol":"IMAP","access_token":"T0KEN","token_type":"Bearer","expires_at":null}`,
  }
  for (const [format, stdout] of Object.entries(outputs)) {
    const args = [`--user=${user}`, '--proto=IMAP', `--output=${format}`]
    assert.deepEqual(await runClient(home, args), { status: 0, stdout: `${stdout}\n`, stderr: '' })
    assert.equal(requests.at(-1), `IMAP,${format} ${user}`)
  }
})

test('a long raw answer of an original server may come in pieces', async (t) => {
  const home = await temporaryHome(t)
  const token = 'T0KEN-'.repeat(4_000)
  const pieces = [`user=${user}\u0001auth=Bear`, `er ${token}`, '\u0001\u0001']
  await serveTokens(t, home, () => pieces)
  const { status, stdout } = await runClient(home, [`--user=${user}`, '--output=token'])
  assert.deepEqual([status, stdout === `${token}\n`], [0, true])
})
