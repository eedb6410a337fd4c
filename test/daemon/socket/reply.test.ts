import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrantReplies } from '../../../src/daemon/socket/reply.ts'
import { fingerprint, Secret } from '../../../src/logging/secret.ts'
import { outputFormats, protocols } from '../../../src/sasl/output-format.ts'
import { xoauth2 } from '../../../src/sasl/xoauth2.ts'
import { testAccount } from '../../support/accounts.ts'

const user = 'user@example.com'
const account = testAccount({ user, saslUser: { IMAP: 'delegate@example.com' } })

function tokenOf(text: string) {
  const accessToken = new Secret(text)
  return { accessToken, fingerprint: fingerprint(accessToken), expiresAt: 0 }
}

test('each format of each protocol has its own answer, built once', () => {
  const replies = new GrantReplies()
  const token = tokenOf('canary')
  const texts = new Set<string>()
  for (const format of outputFormats) {
    for (const protocol of protocols) {
      const request = { user, protocol, format }
      const first = replies.of(request, account, token, 'token')
      texts.add(Buffer.from(first).toString())
      assert.equal(replies.of(request, account, token, 'json'), first)
    }
  }
  // Only JSON names the protocol; of the others IMAP differs by its identity, and a bare token never.
  assert.equal(texts.size, 4 * 2 + 1 + 3)
})

test('another token, and another identity after a reload, have another answer', () => {
  const replies = new GrantReplies()
  const request = { user, protocol: 'IMAP' as const, format: undefined }
  const token = tokenOf('canary-one')
  const text = (...[of, at]: [typeof account, typeof token]) =>
    Buffer.from(replies.of(request, of, at, 'xoauth2')).toString()
  assert.equal(text(account, token), xoauth2('delegate@example.com', 'canary-one'))
  const other = text(account, tokenOf('canary-two'))
  assert.equal(other, xoauth2('delegate@example.com', 'canary-two'))
  assert.equal(text(testAccount({ user }), token), xoauth2(user, 'canary-one'))
})
