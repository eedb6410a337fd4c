/** Where this machine lacks a descriptor or memory, nobody is told to check the network or a server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownFault } from '../../src/child-process/own-fault.ts'
import { ownShortage, shortageCodes } from '../../src/files/own-shortage.ts'
import { withErrnoWords } from '../../src/files/errno-words.ts'
import { unreachable } from '../../src/https/unreachable.ts'
import { connectionFailure } from '../../src/mail/connection/connection-failure.ts'

const server = { host: 'mail.example.com', port: 587, isImplicitTls: false }
const proxy = { url: new URL('http://proxy.example.com:3128'), variable: 'HTTPS_PROXY' }

for (const code of shortageCodes) {
  test(`${code} is told as a shortage here, whatever was to be reached`, () => {
    const error = Object.assign(new Error('connect'), { code })
    const told = [
      connectionFailure(server, error, 'connect'),
      connectionFailure(server, error, 'greeting'),
      unreachable('https://issuer.example.com/token', undefined, error),
      unreachable('https://issuer.example.com/token', proxy, error),
    ]
    const words = ownShortage(code) ?? ''
    assert.notEqual(words, '')
    assert.notEqual(withErrnoWords(code), code)
    for (const { code: kind, hint } of told) {
      assert.equal(kind, 'provider_unavailable')
      assert.ok(hint.startsWith(words), hint)
    }
  })
}

test('a child process reports a fault of ours, but not what this machine lacks', () => {
  const failures = [...shortageCodes, 'EINVAL'].map((code) =>
    Object.assign(new Error('x'), { code }),
  )
  for (const child of ['renewer', 'sender'] as const) {
    const told = [...failures, new TypeError('x'), undefined].map((error) => ownFault(child, error))
    assert.deepEqual(
      told.map(({ actor, hint }) => [actor, hint.includes('please report')]),
      [
        ...shortageCodes.map(() => ['nobody', false]),
        ...['EINVAL', 'TypeError', ''].map(() => ['you', true]),
      ],
    )
    assert.ok(told[0]?.reason.endsWith(withErrnoWords(shortageCodes[0] ?? '')))
  }
})

test('what the other side or the way does is not a shortage', () => {
  for (const code of ['ECONNREFUSED', 'ENETUNREACH', 'ETIMEDOUT', 'toString', '']) {
    assert.equal(ownShortage(code), undefined)
  }
})
