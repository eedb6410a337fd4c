import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TokenFileConfiguration } from '../../../src/configuration/configuration.ts'
import { TokenFile, type TokenFileEvent } from '../../../src/daemon/token-file/token-file.ts'
import { Token } from '../../../src/daemon/tokens/token.ts'
import { instantIn } from '../../../src/schedule/clock.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { assertAdvice, expectedError } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { FaultyFileSystem } from './faulty-file-system.ts'

const minute = 60_000
const hour = 60 * minute

function setUp(t: TestContext, changes: Partial<TokenFileConfiguration> = {}) {
  const clock = new FakeClock()
  const fs = new FaultyFileSystem()
  const events: TokenFileEvent[] = []
  const path = join(temporaryDirectory(t), 'tokens', 'file')
  mkdirSync(dirname(path))
  const file = new TokenFile(
    { path, account: 'u@x', protocol: 'SMTP', format: 'token', mode: 0o600, ...changes },
    { clock, random: () => 0.5, wakeBy: () => {}, fileSystem: fs },
    (event) => events.push(event),
  )
  const token = (accessToken: string): Token =>
    new Token(refreshedToken({ accessToken, expiresAt: clock.wallMs() + hour }), clock, {
      user: 'user@example.com',
      beforeExpiryMs: 15 * minute,
      random: () => 0.5,
    })
  return {
    clock,
    fs,
    file,
    path,
    write: (text: string) => file.write(text, token(text), true),
    text: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    /** Lets time go by, and reads the clock each second. */
    pass: (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        clock.advance(1_000)
        file.tick()
      }
    },
    /** The words of the events since the last call. */
    told: () => events.splice(0).map(({ event }) => event.replace('token_file.', '')),
    events,
  }
}

test('each new token takes the place of the old one', (t) => {
  const { write, text, told, file, clock } = setUp(t)
  write('first')
  assert.equal(text(), 'first')
  write('second')
  assert.equal(text(), 'second')
  assert.deepEqual(told(), ['written', 'written'])
  assert.equal(file.expiresAt, clock.wallMs() + hour)
  assert.equal(file.problem, undefined)
})

test('a file that somebody removed or changed is right again with the next token', (t) => {
  const { write, text, path } = setUp(t)
  write('first')
  rmSync(path)
  write('second')
  assert.equal(text(), 'second')
  writeFileSync(path, 'garbage')
  write('third')
  assert.equal(text(), 'third')
})

test('the same text is written again only for a new token', (t) => {
  const { write, file, told } = setUp(t)
  write('same')
  const token = new Token(refreshedToken({ accessToken: 'same' }), new FakeClock(), {
    user: 'user@example.com',
    beforeExpiryMs: 0,
    random: () => 0.5,
  })
  file.write('same', token, false)
  assert.deepEqual(told(), ['written'])
  file.write('same', token, true)
  file.write('other', token, false)
  assert.deepEqual(told(), ['written', 'written'])
})

test('a token goes when it may no longer be served, and that is reported once', (t) => {
  const { write, text, told, pass, file } = setUp(t)
  write('token')
  pass(hour - 31_000)
  assert.equal(text(), 'token')
  assert.deepEqual(told(), ['written'])
  pass(1_000)
  assert.equal(text(), undefined)
  assert.deepEqual(told(), ['expired'])
  assert.equal(file.expiresAt, undefined)
  pass(hour)
  file.remove('token_file.expired')
  assert.deepEqual(told(), [])
})

test('the clock that is first decides, also after a step or a suspend', (t) => {
  const { write, text, clock, file } = setUp(t)
  write('token')
  clock.step(hour)
  file.tick()
  assert.equal(text(), undefined)
  write('token')
  clock.step(-hour)
  clock.advance(hour)
  file.tick()
  assert.equal(text(), undefined)
})

test('a logout removes the file, whoever wrote it', (t) => {
  const { write, text, told, file, path } = setUp(t)
  write('token')
  file.remove('token_file.removed')
  assert.equal(text(), undefined)
  assert.deepEqual(told(), ['written', 'removed'])
  writeFileSync(path, 'of an earlier daemon')
  file.remove('token_file.removed')
  assert.equal(text(), undefined)
  assert.deepEqual(told(), ['removed'])
  file.remove('token_file.removed')
  assert.deepEqual(told(), [])
})

test('what an earlier daemon left is told as expired when no token comes', (t) => {
  const { text, told, file, path } = setUp(t)
  writeFileSync(path, 'of an earlier daemon')
  file.remove('token_file.expired')
  assert.equal(text(), undefined)
  assert.deepEqual(told(), ['expired'])
})

test('what the disk refuses is tried again with back-off, and at the next token', (t) => {
  const { write, text, told, pass, file, fs, events } = setUp(t)
  write('first')
  assert.deepEqual(told(), ['written'])
  fs.fault = { call: 'writeSync', code: 'ENOSPC' }
  write('second')
  const { path } = file.configuration
  const last = events.at(-1)
  assert.ok(last?.event === 'token_file.failed' && last.isFirst)
  const names = { path, directory: dirname(path), errno: 'ENOSPC' }
  assertAdvice(last.problem, 'a full disk', names)
  assert.equal(text(), 'first')
  pass(7_000)
  assert.deepEqual(told(), ['failed'])
  pass(1_000)
  assert.deepEqual(told(), ['failed'])
  pass(20 * minute)
  const tries = told().length
  assert.ok(tries > 5 && tries < 20, `${tries} tries`)
  fs.fault = undefined
  write('third')
  assert.deepEqual(told(), ['written'])
  assert.equal(text(), 'third')
  assert.equal(file.problem, undefined)
  pass(20 * minute)
  assert.deepEqual(told(), [])
})

test('the space that comes back is used automatically', (t) => {
  const { write, text, pass, file, fs } = setUp(t)
  fs.fault = { call: 'openSync', code: 'ENOSPC' }
  write('token')
  assert.notEqual(file.problem, undefined)
  fs.fault = undefined
  pass(8_000)
  assert.equal(text(), 'token')
  assert.equal(file.problem, undefined)
})

test('only the first failure of a series is told as such', (t) => {
  const { write, pass, fs, events } = setUp(t)
  fs.fault = { call: 'fchmodSync', code: 'EIO' }
  write('token')
  pass(minute)
  const isFirst = events.map((event) => event.event === 'token_file.failed' && event.isFirst)
  assert.ok(isFirst.length > 2)
  assert.deepEqual(
    isFirst,
    isFirst.map((_, index) => index === 0),
  )
})

test('a token that expires while its successor cannot be written goes all the same', (t) => {
  const { write, text, told, pass, clock, fs } = setUp(t)
  write('first')
  pass(40 * minute)
  fs.fault = { call: 'renameSync', code: 'EIO' }
  write('second')
  pass(19 * minute + 29_000)
  assert.equal(text(), 'first')
  assert.deepEqual(new Set(told()), new Set(['written', 'failed']))
  pass(1_000)
  assert.equal(text(), undefined)
  assert.deepEqual(told(), ['failed', 'expired'])
  fs.fault = undefined
  clock.advance(10 * minute)
  pass(1_000)
  assert.equal(text(), 'second')
})

test('a token that expired before the disk took it is never written', (t) => {
  const { write, text, pass, fs } = setUp(t)
  fs.fault = { call: 'openSync', code: 'EROFS' }
  write('token')
  pass(hour)
  fs.fault = undefined
  pass(10 * minute)
  assert.equal(text(), undefined)
})

test('a removal that fails is told as expired and tried until it succeeds', (t) => {
  const { write, text, told, pass, file, fs } = setUp(t)
  write('token')
  fs.fault = { call: 'unlinkSync', code: 'EROFS' }
  pass(hour)
  assert.equal(text(), 'token')
  const words = told()
  assert.deepEqual(words.slice(0, 3), ['written', 'expired', 'failed'])
  assert.equal(words.filter((word) => word === 'expired').length, 1)
  const { path } = file.configuration
  const names = { path, directory: dirname(path), errno: 'EROFS' }
  assertAdvice(file.problem, 'a file that cannot be removed', names)
  fs.fault = undefined
  pass(5 * minute)
  assert.equal(text(), undefined)
  assert.equal(file.problem, undefined)
  assert.deepEqual(told(), ['removed'])
  write('next')
  pass(hour)
  assert.deepEqual(told(), ['written', 'expired'])
})

test('a missing directory is told before there is a token, and fixed without one', (t) => {
  const { file, told, path, pass } = setUp(t)
  rmSync(dirname(path), { recursive: true })
  file.remove('token_file.removed')
  assert.deepEqual(told(), ['failed'])
  const names = { path, directory: dirname(path), errno: 'ENOENT' }
  assertAdvice(file.problem, 'a directory that is missing', names)
  mkdirSync(dirname(path))
  pass(10_000)
  assert.equal(file.problem, undefined)
})

test('an entry that leaves takes its file along and asks nothing of the directory', (t) => {
  const { write, text, told, file, fs } = setUp(t)
  write('token')
  fs.before = (call) => assert.equal(call, 'unlinkSync')
  file.retire()
  assert.equal(text(), undefined)
  assert.deepEqual(told(), ['written', 'removed'])
})

test('a mistake in the program is not taken for one of the disk', (t) => {
  const { write, fs } = setUp(t)
  fs.before = () => {
    throw new TypeError('a mistake')
  }
  assert.throws(() => write('token'), TypeError)
})

test('an unknown owner or group is refused by its name', (t) => {
  for (const key of ['owner', 'group']) {
    assert.throws(
      () => setUp(t, { [key]: 'no-such-name' }),
      expectedError('config_invalid', 'an unknown owner or group is refused by its name', { key }),
    )
  }
})

test('a retry waits for its moment on either clock', (t) => {
  const { write, fs, clock, file, told } = setUp(t)
  fs.fault = { call: 'openSync', code: 'EIO' }
  write('token')
  const { wallMs } = instantIn(clock, 7_500)
  told()
  clock.step(wallMs - clock.wallMs() - 1)
  file.tick()
  assert.deepEqual(told(), [])
  clock.step(1)
  file.tick()
  assert.deepEqual(told(), ['failed'])
})
