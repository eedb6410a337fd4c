import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, findPassword, findProved } from '../../../src/sasl/server/passwords.ts'

const salt = Buffer.from('0123456789abcdef').toString('base64')

/** Verifiers that count how often each is compared with. */
function counted(names: readonly string[]) {
  const compared = new Map(names.map((name) => [name, 0]))
  const verifiers = names.map((name) => {
    const verifier = createVerifier(name, { name, salt })
    return new Proxy(verifier, {
      get: (target, key: keyof typeof verifier) => {
        if (key === 'sha256' || key === 'storedKey') {
          compared.set(name, (compared.get(name) ?? 0) + 1)
        }
        return target[key]
      },
    })
  })
  return { passwords: { salt, verifiers }, compared }
}

const names = ['first', 'second', 'third']

for (const shown of ['first', 'third', 'revoked', '', 'x'.repeat(9_000)]) {
  test(`"${shown.slice(0, 10)}" is compared with each password, once`, () => {
    const { passwords, compared } = counted(names)
    assert.equal(
      findPassword(passwords, shown)?.name,
      names.find((name) => name === shown),
    )
    assert.deepEqual([...compared.values()], [1, 1, 1])
  })
}

test('a wrong proof is compared with each password, once', () => {
  const { passwords, compared } = counted(names)
  const proof = Buffer.alloc(32)
  assert.equal(findProved(passwords, { proof, authMessage: 'n=user' }), undefined)
  assert.deepEqual([...compared.values()], [1, 1, 1])
})
