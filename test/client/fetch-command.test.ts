import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitStatus } from '../../src/client/exit-status.ts'
import { runClient } from '../support/daemon.ts'
import { serveTokens, temporaryHome } from './run-against.ts'
import { assertResult, assertSentence } from '../support/golden.ts'

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
  assertSentence(stderr, 'without a daemon the status is 69 and the hint starts one', {
    tokenSocket: home.tokenSocket,
  })
})

const misuses: [args: string[], ...named: string[]][] = [
  [[]],
  [['--proto=SMTP'], '--user'],
  [['--user=user'], '"user"'],
  [['--user=a b@c'], '"a b@c"'],
  [['--user=\u00fc@x'], '"\u00fc@x"'],
  [[`--user=${'u'.repeat(253)}@x`], `"${'u'.repeat(253)}@x"`],
  [['--user=u@x', '--proto=smtp'], '"smtp"', '"SMTP"'],
  [['--user=u@x', '--output=xml'], '"xml"'],
  [['--user=u@x', '--output=tokn'], '"tokn"', '"token"'],
  [['--usr=u@x'], '"--usr"', '"--user"'],
  [['--user'], '--user needs'],
  [['--cms_sock', '--user=u@x'], '--cms-sock needs'],
  [['--user=u@x', '--no_newline=yes'], '--no-newline'],
  [['--user=u@x', '--newline'], '"--newline"'],
  [['status', '--no-json'], '"--no-json"'],
  [['--user=u@x', '--watch'], '--watch'],
  [['stats'], '"stats"', '"status"'],
  [['u@x'], '"u@x"', '"--user=u@x"'],
  [['status', '--revoke'], '"status"', '--revoke'],
  [['login', '--user=u@x'], '--user', '"cms-oauth login u@x"'],
  [['reload', '--user=u@x'], '--user', '"cms-oauth reload --help"'],
  [['help'], '"help"', '"cms-oauth --help"'],
  [['help', 'login'], '"help"', '"cms-oauth login --help"'],
  [['frob', '--help'], '"frob"'],
  [['reload', 'more'], '"reload"'],
  [['status', '--json', '--watch'], '--json', '--watch'],
  [['logout'], '"logout"'],
  [['refresh', 'a@x', 'b@x'], '"refresh"'],
  [['--user=u@x', '--test-smtp=a', '--test-pop=b']],
  [['--user=u@x', '--test-imap='], '"--test-imap"'],
]

for (const [args, ...named] of misuses) {
  const shown = args.join(' ').replaceAll(/u{9,}/g, 'u...') || 'no argument'
  test(`bad usage is told and ends with 64: ${shown}`, async (t) => {
    const home = await temporaryHome(t)
    const result = await runClient(home, args)
    assertResult(result, 64, `bad usage: ${shown}`)
    assert.equal(result.stdout, '')
    for (const name of named) assert.ok(result.stderr.includes(name), result.stderr)
    assert.match(result.stderr, /^cms-oauth: error: .+\ncms-oauth: hint: .+\n$/)
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
