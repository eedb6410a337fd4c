/** What a hostile client of SCRAM-SHA-256 may try, against the server's side. */
import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { createVerifier } from '../../../src/sasl/server/passwords.ts'
import { ServerExchange } from '../../../src/sasl/server/server-exchange.ts'

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()

const salt = base64('0123456789abcdef')
const right = createVerifier('right', { name: 'printer', salt })

function exchange(nonce = 'SERVER') {
  return new ServerExchange({ passwords: () => ({ salt, verifiers: [right] }), nonce })
}

interface Attempt {
  header?: string
  /** Of the channel binding; absent: that of the header. */
  bound?: string
  name?: string
  password?: string
  iterations?: number
  extension?: string
  /** Instead of the nonce of the challenge. */
  nonce?: string
  /** Instead of the proof. */
  proof?: (proof: Buffer) => string
}

/** What a client sends that knows its password, or differs from such a one. */
function play(attempt: Attempt, each = exchange()) {
  const { header = 'n,,', bound = header, name = 'user', extension = '' } = attempt
  const bare = `n=${name},r=client${extension}`
  const first = each.start('SCRAM-SHA-256', base64(`${header}${bare}`))
  if (!('challenge' in first)) return { step: first, final: '' }
  const challenge = Buffer.from(first.challenge, 'base64').toString()
  const [, theirs = ''] = /^r=([^,]+),/.exec(challenge) ?? []
  const { nonce = theirs, iterations = 4_096, password = 'right' } = attempt
  const withoutProof = `c=${base64(bound)},r=${nonce}`
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(sha256(clientKey), `${bare},${challenge},${withoutProof}`)
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)))
  const final = base64(`${withoutProof},p=${(attempt.proof ?? base64)(proof)}`)
  return { step: each.receive(final), final }
}

/** What came of it: the challenge is the server's signature, which only a right proof gets. */
function outcomeOf(step: ReturnType<ServerExchange['receive']>): string {
  if ('challenge' in step) return 'proved'
  if ('refused' in step) return step.refused
  return step.claim.password === undefined ? 'wrong' : 'claimed'
}

const large = 'x'.repeat(1024 * 1024)

for (const [what, attempt, expected] of [
  ['a right proof', {}, 'proved'],
  ['a client that would bind a channel, where none is offered', { header: 'y,,' }, 'proved'],
  ['a name with escapes', { name: '=2C=3D=3D2C' }, 'proved'],
  ['a nonce that is not ours', { nonce: 'clientOTHER' }, 'malformed'],
  ['the nonce of the client alone', { nonce: 'client' }, 'malformed'],
  ['a flag that was changed on the way', { header: 'y,,', bound: 'n,,' }, 'malformed'],
  ['a flag that was changed back', { header: 'n,,', bound: 'y,,' }, 'malformed'],
  ['a channel that is bound', { header: 'p=tls-unique,,' }, 'malformed'],
  ['a channel that is bound by TLS 1.3', { header: 'p=tls-exporter,,' }, 'malformed'],
  ['no flag', { header: ',,' }, 'malformed'],
  ['another flag', { header: 'x,,' }, 'malformed'],
  ['an authorization identity that was added', { bound: 'n,a=other,' }, 'malformed'],
  ['an empty authorization identity', { header: 'n,a=,' }, 'malformed'],
  ['an extension that must be known', { header: 'n,,m=x,' }, 'malformed'],
  ['no name', { name: '' }, 'malformed'],
  ['a name with a bare "="', { name: 'a=b' }, 'malformed'],
  ['a name with a wrong escape', { name: 'a=2c' }, 'malformed'],
  ['a second name', { name: 'user,n=root' }, 'malformed'],
  ['a proof with fewer iterations', { iterations: 1 }, 'wrong'],
  ['fewer iterations that are asked for', { iterations: 1, extension: ',i=1' }, 'wrong'],
  ['another password', { password: 'wrong' }, 'wrong'],
  ['the empty password', { password: '' }, 'wrong'],
  ['no proof', { proof: () => '' }, 'malformed'],
  ['a proof that is padding alone', { proof: () => '====' }, 'wrong'],
  ['a proof of zeros', { proof: () => base64(Buffer.alloc(32)) }, 'wrong'],
  ['half a proof', { proof: (proof) => base64(proof.subarray(0, 16)) }, 'wrong'],
  [
    'a proof with more behind it',
    { proof: (proof) => base64(Buffer.concat([proof, proof])) },
    'wrong',
  ],
  ['a name of 1 MiB', { name: large }, 'proved'],
  ['an extension of 1 MiB', { extension: `,x=${large}` }, 'proved'],
  ['a proof of 1 MiB', { proof: () => base64(large) }, 'wrong'],
  ['a nonce of 1 MiB', { nonce: large }, 'malformed'],
  ['a channel binding of 1 MiB', { bound: large }, 'malformed'],
] as [string, Attempt, string][]) {
  test(`${what}: ${expected}`, () => {
    assert.equal(outcomeOf(play(attempt).step), expected)
  })
}

test('a proof that was seen before is worth nothing with the next nonce, also under its own', () => {
  const { final } = play({})
  const next = exchange('ANOTHER')
  next.start('SCRAM-SHA-256', base64('n,,n=user,r=client'))
  assert.equal(outcomeOf(next.receive(final)), 'malformed')
  const renamed = Buffer.from(final, 'base64').toString().replace('SERVER', 'ANOTHER')
  const last = exchange('ANOTHER')
  last.start('SCRAM-SHA-256', base64('n,,n=user,r=client'))
  assert.equal(outcomeOf(last.receive(base64(renamed))), 'wrong')
})

test('an exchange that is over does not accept a second proof', () => {
  for (const attempt of [{ password: 'wrong' }, { nonce: 'other' }]) {
    const each = exchange()
    play(attempt, each)
    const { final } = play({})
    assert.deepEqual(each.receive(final), { refused: 'malformed' })
  }
})

function challengeFor(name: string) {
  return exchange().start('SCRAM-SHA-256', base64(`n,,n=${name},r=client`))
}

test('a name that nobody has gets the salt that all have, each time', () => {
  const known = challengeFor('user')
  for (const name of ['nobody', 'nobody', 'root']) assert.deepEqual(challengeFor(name), known)
})
