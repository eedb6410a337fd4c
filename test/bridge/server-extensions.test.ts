import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promises } from '../../src/bridge/promises.ts'
import { ServerExtensions } from '../../src/bridge/server-extensions.ts'
import { ProviderUnavailableError } from '../../src/errors.ts'

const none = () => undefined
const safe = ['8BITMIME', 'PIPELINING', 'ENHANCEDSTATUSCODES']
const offered = [
  'SIZE 100',
  'CHUNKING',
  'BINARYMIME',
  'AUTH XOAUTH2',
  'STARTTLS',
  'dsn',
  '8BITMIME',
]

test('only what holds through the pipe is promised, and BDAT never', async () => {
  const extensions = new ServerExtensions(promises.SMTP)
  const asked: string[] = []
  const ask = (server: string) => {
    asked.push(server)
    return Promise.resolve(offered)
  }
  const [one, two] = await Promise.all([extensions.of(['a'], ask), extensions.of(['a'], ask)])
  assert.deepEqual(one, ['SIZE 100', 'DSN', '8BITMIME'])
  assert.deepEqual(two, one)
  assert.deepEqual(asked, ['a'])
})

test('of several servers only what all of them have is promised', async () => {
  const extensions = new ServerExtensions(promises.SMTP)
  extensions.learn('a', offered)
  extensions.learn('b', ['8BITMIME', 'SIZE 5'])
  assert.deepEqual(await extensions.of(['a', 'b'], none), ['SIZE 100', '8BITMIME'])
  assert.deepEqual(await extensions.of(['a', 'c'], none), ['8BITMIME'])
})

test('a server that cannot be asked is promised little for, and not asked again at once', async () => {
  const extensions = new ServerExtensions(promises.SMTP)
  let asked = 0
  const ask = () => {
    asked += 1
    return Promise.reject(new ProviderUnavailableError('away'))
  }
  assert.deepEqual(await extensions.of(['a'], ask), safe)
  assert.deepEqual(await extensions.of(['a'], ask), safe)
  assert.equal(asked, 1)
  extensions.learn('a', offered)
  assert.equal(extensions.findBroken('a', safe), 'PIPELINING')
  assert.equal(extensions.findBroken('a', ['SIZE 1', 'DSN']), undefined)
})
