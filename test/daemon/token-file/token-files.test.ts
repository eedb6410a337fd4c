import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TokenFileConfiguration } from '../../../src/configuration/configuration.ts'
import { TokenFiles } from '../../../src/daemon/token-file/token-files.ts'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import { xoauth2 } from '../../../src/sasl/xoauth2.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertAdvice, assertSentence, expectedError } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { FaultyFileSystem } from './faulty-file-system.ts'

const user = 'user@example.com'
const hour = 60 * 60_000

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const failure = new ProviderUnavailableError('no route')
  const { token, clock } = createAccountToken(() => Promise.reject(failure))
  const fileSystem = new FaultyFileSystem()
  const events: string[] = []
  const files = new TokenFiles({
    clock,
    random: () => 0.5,
    onEvent: ({ configuration }, { event }) =>
      events.push(`${event.replace('token_file.', '')} ${configuration.path.split('/').at(-1)}`),
    fileSystem,
  })
  t.after(() => files.stop())
  const directory = temporaryDirectory(t)
  const entry = (name: string, changes: Partial<TokenFileConfiguration> = {}) => ({
    path: join(directory, name),
    account: user,
    protocol: 'SMTP' as const,
    format: 'token' as const,
    mode: 0o600,
    ...changes,
  })
  return {
    files,
    token,
    clock,
    fileSystem,
    directory,
    entry,
    /** As the daemon does at its start and at a reload. */
    apply: (...entries: TokenFileConfiguration[]) =>
      files.apply(entries, (wanted) => (wanted === user ? token : undefined)),
    /** A token comes, and the files hear of it. */
    arrive: (accessToken: string) => {
      const expiresAt = clock.wallMs() + hour
      token.accept(refreshedToken({ accessToken, expiresAt }))
      files.follow(token, true)
    },
    /** Lets time go by; timers run only meanwhile. */
    pass: (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        clock.advance(1_000)
        t.mock.timers.tick(1_000)
      }
    },
    forget: () => {
      token.forget()
      files.follow(token, false)
    },
    text: (name: string) => {
      const path = join(directory, name)
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined
    },
    told: () => events.splice(0),
  }
}

test('every file of an account follows its token, each in its format', (t) => {
  const { apply, arrive, forget, entry, text, told, files } = setUp(t)
  apply(entry('a'), entry('b', { format: 'xoauth2' }), entry('c', { account: 'other@x' }))
  assert.deepEqual(told(), [])
  arrive('first')
  assert.deepEqual(told(), ['written a', 'written b'])
  assert.equal(text('a'), 'first')
  assert.equal(text('b'), xoauth2(user, 'first'))
  assert.equal(text('c'), undefined)
  arrive('second')
  assert.equal(text('a'), 'second')
  assert.deepEqual(
    files.of(user).map(({ configuration }) => configuration.path.at(-1)),
    ['a', 'b'],
  )
  told()
  forget()
  assert.deepEqual(told(), ['removed a', 'removed b'])
  assert.equal(text('a'), undefined)
})

test('what an earlier daemon left stays while the first refresh is under way', async (t) => {
  const { apply, entry, text, told, token, files, directory } = setUp(t)
  writeFileSync(join(directory, 'a'), 'of an earlier daemon')
  token.resume(1)
  apply(entry('a'))
  assert.equal(text('a'), 'of an earlier daemon')
  await assert.rejects(token.refreshNow(), { message: 'no route' })
  files.follow(token, false)
  assert.equal(text('a'), undefined)
  assert.deepEqual(told(), ['expired a'])
})

test('what an earlier daemon left goes where nobody is signed in', (t) => {
  const { apply, entry, text, told, directory } = setUp(t)
  writeFileSync(join(directory, 'a'), 'of an earlier daemon')
  apply(entry('a'))
  assert.equal(text('a'), undefined)
  assert.deepEqual(told(), ['removed a'])
})

test('a failed refresh leaves a token that still holds', async (t) => {
  const { apply, arrive, entry, text, told, token, files } = setUp(t)
  apply(entry('a'))
  arrive('token')
  await assert.rejects(token.refreshNow(), { message: 'no route' })
  files.follow(token, false)
  assert.equal(text('a'), 'token')
  assert.deepEqual(told(), ['written a'])
})

test('a token is gone from its files in the second in which a socket would no longer serve it', (t) => {
  const { apply, arrive, entry, text, told, pass, token } = setUp(t)
  apply(entry('a'))
  // So that the clock is not read in that very second for another reason.
  pass(17_000)
  arrive('token')
  pass(hour - 31_000)
  assert.equal(text('a'), 'token')
  assert.notEqual(token.servable, undefined)
  told()
  pass(1_000)
  assert.equal(token.servable, undefined)
  assert.equal(text('a'), undefined)
  assert.deepEqual(told(), ['expired a'])
})

test('a file that the disk refused is tried again when its time has come', (t) => {
  const { apply, arrive, entry, text, told, pass, fileSystem } = setUp(t)
  apply(entry('a'))
  fileSystem.fault = { call: 'openSync', code: 'ENOSPC' }
  arrive('token')
  pass(7_000)
  assert.deepEqual(told(), ['failed a'])
  pass(1_000)
  assert.deepEqual(told(), ['failed a'])
  fileSystem.fault = undefined
  pass(12_000)
  assert.deepEqual(told(), [])
  pass(1_000)
  assert.deepEqual(told(), ['written a'])
  assert.equal(text('a'), 'token')
})

test('leftovers of a crash go when the entry is taken up again', (t) => {
  const { apply, arrive, entry, directory, fileSystem, clock, token } = setUp(t)
  apply(entry('a'))
  fileSystem.before = (call) => {
    // The process dies here, and its clean-up with it.
    if (call === 'renameSync' || call === 'unlinkSync') throw new Error('killed')
  }
  assert.throws(() => arrive('token'), /killed/)
  assert.equal(readdirSync(directory).length, 1)
  const next = new TokenFiles({ clock, random: () => 0.5, onEvent: () => {} })
  t.after(() => next.stop())
  next.apply([entry('a')], () => token)
  assert.deepEqual(readdirSync(directory), ['a'])
})

test('a reload of the same entries touches nothing', (t) => {
  const { apply, arrive, entry, told, directory } = setUp(t)
  apply(entry('a'))
  arrive('token')
  const { ino, mtimeMs } = statSync(join(directory, 'a'))
  told()
  apply(entry('a'))
  const after = statSync(join(directory, 'a'))
  assert.deepEqual([after.ino, after.mtimeMs], [ino, mtimeMs])
  assert.deepEqual(told(), [])
})

test('a reload writes what is new, changes what changed and removes what is gone', (t) => {
  const { apply, arrive, entry, text, told, directory } = setUp(t)
  apply(entry('a'), entry('b'))
  arrive('token')
  told()
  apply(entry('b', { mode: 0o640, format: 'xoauth2' }), entry('c'))
  assert.deepEqual(told(), ['written b', 'written c', 'removed a'])
  assert.equal(statSync(join(directory, 'b')).mode & 0o777, 0o640)
  assert.match(text('b') ?? '', /^user=/)
  assert.equal(text('c'), 'token')
  assert.equal(text('a'), undefined)
})

test('a changed account entry shows in the file at once', (t) => {
  const { apply, arrive, entry, text, token } = setUp(t)
  apply(entry('a', { format: 'xoauth2' }))
  arrive('token')
  token.reconfigure(testAccount({ saslUser: { SMTP: 'delegate@example.com' } }))
  apply(entry('a', { format: 'xoauth2' }))
  assert.equal(text('a'), xoauth2('delegate@example.com', 'token'))
})

test('a path that another account gets does not keep the first one’s token', (t) => {
  const { apply, arrive, entry, text, told } = setUp(t)
  apply(entry('a'))
  arrive('token')
  told()
  apply(entry('a', { account: 'other@x' }))
  assert.equal(text('a'), undefined)
  assert.deepEqual(told(), ['removed a'])
})

test('an owner that the system refuses is refused at once, a missing directory is not', (t) => {
  const { files, entry, fileSystem, directory } = setUp(t)
  const mine = { owner: String(process.getuid?.()), group: String(process.getgid?.()) }
  const entries = [entry('a', mine)]
  files.requireOwnership(entries)
  assert.deepEqual(readdirSync(directory), [])
  files.requireOwnership([entry('missing/a', mine)])
  fileSystem.fault = { call: 'fchownSync', code: 'EPERM' }
  assert.throws(
    () => files.requireOwnership(entries),
    expectedError(
      'config_invalid',
      'an owner that the system refuses is refused at once, a missing directory is not',
      { path: join(directory, 'a'), whom: `owner = "${mine.owner}", group = "${mine.group}"` },
    ),
  )
  files.requireOwnership([entry('a')])
  assert.throws(
    () => files.requireOwnership([entry('a', { group: 'no-such-group' })]),
    expectedError(
      'config_invalid',
      'an owner that the system refuses is refused at once, a missing directory is not (2)',
    ),
  )
})

test('one file in trouble does not keep the others from their token', (t) => {
  const { apply, arrive, entry, text, told, directory, files } = setUp(t)
  mkdirSync(join(directory, 'b'))
  apply(entry('a'), entry('b'), entry('c'))
  told()
  arrive('token')
  assert.deepEqual(told(), ['written a', 'failed b', 'written c'])
  assert.equal(text('c'), 'token')
  const [, b] = files.of(user)
  assertSentence(
    b?.problem?.message,
    'one file in trouble does not keep the others from their token',
    { path: join(directory, 'b') },
  )
  assertSentence(
    b?.problem?.hint,
    'one file in trouble does not keep the others from their token: hint',
  )
  assert.equal(dirname(b?.configuration.path ?? ''), directory)
})

for (const [what, tamper] of [
  ['removed', (path: string) => unlinkSync(path)],
  ['replaced or changed', (path: string) => writeFileSync(path, 'mine')],
  ['replaced or changed', (path: string) => chmodSync(path, 0o666)],
] as const) {
  test(`a file that was ${what} is told, and put back by the next reload`, (t) => {
    const { apply, arrive, entry, files } = setUp(t)
    const { path } = entry('t')
    assert.deepEqual(apply(entry('t')), [])
    arrive('canary-one')
    assert.deepEqual(apply(entry('t')), [])
    tamper(path)
    const [file] = files.of(user)
    assertAdvice(file?.problem, 'a file that somebody else touched', { path, what })
    assert.deepEqual(apply(entry('t')), [path])
    assert.equal(readFileSync(path, 'utf8'), 'canary-one')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(file?.problem, undefined)
  })
}
