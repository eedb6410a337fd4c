import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createVerifier } from '../../../src/sasl/server/passwords.ts'
import { ServerExchange } from '../../../src/sasl/server/server-exchange.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** The example of RFC 7677 section 3. */
const rfc = {
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  challenge:
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  final:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  last: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}
const pencil = createVerifier('pencil', { name: 'printer', salt: rfc.salt })
const eraser = createVerifier('eraser', { name: 'scanner', salt: rfc.salt, accounts: ['a@b.c'] })
const passwords = { salt: rfc.salt, verifiers: [eraser, pencil] }
const context = { passwords: () => passwords, nonce: rfc.nonce }

function exchange() {
  return new ServerExchange(context)
}

test('PLAIN takes its message as initial response or after an empty challenge', () => {
  const claim = { user: 'user', authorizationId: '', password: pencil }
  const message = base64('\0user\0pencil')
  assert.deepEqual(exchange().start('plain', message), { claim })
  const inTwo = exchange()
  assert.deepEqual(inTwo.start('PLAIN'), { challenge: '' })
  assert.deepEqual(inTwo.receive(message), { claim })
  const delegated = exchange().start('PLAIN', base64('shared\0user\0eraser'))
  assert.deepEqual(delegated, {
    claim: { user: 'user', authorizationId: 'shared', password: eraser },
  })
})

test('LOGIN prompts with the words that devices wait for', () => {
  const login = exchange()
  assert.deepEqual(login.start('LOGIN'), { challenge: 'VXNlcm5hbWU6' })
  assert.deepEqual(login.receive(base64('user')), { challenge: 'UGFzc3dvcmQ6' })
  const claim = { user: 'user', authorizationId: '', password: pencil }
  assert.deepEqual(login.receive(base64('pencil')), { claim })
  assert.deepEqual(exchange().start('LOGIN', base64('user')), { challenge: 'UGFzc3dvcmQ6' })
})

test('blanks at the end of a line are no part of it, and are nowhere else', () => {
  for (const blanks of [' ', '\t', ' \t ']) {
    const login = exchange()
    login.start('LOGIN')
    assert.ok('challenge' in login.receive(`${base64('user')}${blanks}`))
    assert.ok('claim' in login.receive(`${base64('pencil')}${blanks}`))
    assert.deepEqual(exchange().receive(`*${blanks}`), { refused: 'cancelled' })
    const within = exchange()
    within.start('LOGIN')
    assert.deepEqual(within.receive(`dX${blanks}Nlcg==`), { refused: 'malformed' })
  }
})

test('SCRAM-SHA-256 is the exchange of RFC 7677, with or without initial response', () => {
  const scram = exchange()
  assert.deepEqual(scram.start('SCRAM-SHA-256'), { challenge: '' })
  assert.deepEqual(scram.receive(base64(rfc.first)), { challenge: base64(rfc.challenge) })
  assert.deepEqual(scram.receive(base64(rfc.final)), { challenge: base64(rfc.last) })
  const claim = { user: 'user', authorizationId: '', password: pencil }
  assert.deepEqual(scram.receive(''), { claim })
  const step = exchange().start('scram-sha-256', base64(rfc.first))
  assert.deepEqual(step, { challenge: base64(rfc.challenge) })
})

test('SCRAM says the same to any name, and nothing of the server before the proof holds', () => {
  for (const name of ['nobody', 'a=2Cb=3Dc']) {
    const scram = exchange()
    const step = scram.start('SCRAM-SHA-256', base64(`y,a=you,n=${name},r=rOprNGfwEbeRWgbNEkqO`))
    assert.deepEqual(step, { challenge: base64(rfc.challenge) })
    const final = rfc.final.replace('c=biws', `c=${base64('y,a=you,')}`)
    const user = name.replace('=2C', ',').replace('=3D', '=')
    // The proof is over other words.
    assert.deepEqual(scram.receive(base64(final)), {
      claim: { user, authorizationId: 'you', password: undefined },
    })
  }
})

test('an unknown name, a wrong password and no password at all are claims without one', () => {
  for (const message of ['\0user\0wrong', '\0nobody\0', '\0\0', '\0user\0pencil ', '\0u\0Pencil']) {
    const step = exchange().start('PLAIN', base64(message))
    assert.ok('claim' in step)
    assert.equal(step.claim.password, undefined)
  }
})

const malformed: [string, string[]][] = [
  ['PLAIN', ['not base64!']],
  ['PLAIN', ['YQ']],
  ['PLAIN', ['====']],
  ['PLAIN', [base64('user\0pencil')]],
  ['PLAIN', [base64('\0user\0pencil\0more')]],
  ['PLAIN', ['=']],
  ['LOGIN', [base64('user'), 'pencil']],
  ['SCRAM-SHA-256', [base64('p=tls-unique,,n=user,r=abc')]],
  ['SCRAM-SHA-256', [base64('n,,m=ext,n=user,r=abc')]],
  ['SCRAM-SHA-256', [base64('n,,n=user')]],
  ['SCRAM-SHA-256', [base64('n,,n=us=er,r=abc')]],
  ['SCRAM-SHA-256', [base64('n,,n=user,r=')]],
  ['SCRAM-SHA-256', [base64(rfc.first), base64(rfc.final.replace('c=biws', 'c=eSws'))]],
  ['SCRAM-SHA-256', [base64(rfc.first), base64(rfc.final.replace('k0', 'k1'))]],
  ['SCRAM-SHA-256', [base64(rfc.first), base64('c=biws')]],
  ['SCRAM-SHA-256', [base64(rfc.first), base64(rfc.final), base64('more')]],
]

test('a response of another shape ends the exchange', () => {
  for (const [mechanism, responses] of malformed) {
    const each = exchange()
    const [first, ...more] = responses
    const steps = [each.start(mechanism, first), ...more.map((line) => each.receive(line))]
    assert.deepEqual(steps.at(-1), { refused: 'malformed' }, `${mechanism} ${responses.join()}`)
    assert.ok(steps.slice(0, -1).every((step) => 'challenge' in step))
  }
})

/** `ü` in Latin-1, as programs send it that know no UTF-8. */
const latin1 = (text: string) => Buffer.from(text, 'latin1').toString('base64')
const otherCharset: [mechanism: string, responses: string[], user: string][] = [
  ['PLAIN', [latin1('\0user\0p\u00fc')], 'user'],
  ['PLAIN', [latin1('\0\u00fcser\0pencil')], '\u00fcser'],
  ['LOGIN', [latin1('user'), latin1('p\u00fc')], 'user'],
  ['LOGIN', [latin1('\u00fcser'), latin1('p\u00fc')], '\u00fcser'],
]

test('a password in another charset is a wrong one, not an unreadable response', () => {
  for (const [mechanism, [first, ...more], user] of otherCharset) {
    const each = exchange()
    const steps = [each.start(mechanism, first), ...more.map((line) => each.receive(line))]
    const last = steps.at(-1)
    assert.ok(last !== undefined && 'claim' in last, mechanism)
    assert.equal(last.claim.user, user)
    if (user === 'user') assert.equal(last.claim.password, undefined)
  }
})

test('* cancels, and what is not a mechanism is not one', () => {
  const cancelled = exchange()
  cancelled.start('LOGIN')
  assert.deepEqual(cancelled.receive('*'), { refused: 'cancelled' })
  for (const name of ['CRAM-MD5', 'XOAUTH2', 'SCRAM-SHA-256-PLUS', 'toString', '']) {
    assert.deepEqual(exchange().start(name), { refused: 'unknown' })
  }
})

test('a proof of another length is a wrong one', () => {
  for (const proof of ['AAAA', base64('x'.repeat(64))]) {
    const scram = exchange()
    scram.start('SCRAM-SHA-256', base64(rfc.first))
    const step = scram.receive(base64(rfc.final.replace(/p=.*/, `p=${proof}`)))
    assert.ok('claim' in step)
    assert.equal(step.claim.password, undefined)
  }
})

test('whatever a client sends is answered and never throws', () => {
  const anyLine = fc.oneof(fc.string(), fc.string().map(base64), fc.constant('*'))
  fc.assert(
    fc.property(
      fc.constantFrom('PLAIN', 'LOGIN', 'SCRAM-SHA-256'),
      fc.array(anyLine, { minLength: 1, maxLength: 5 }),
      (mechanism, lines) => {
        const each = exchange()
        each.start(mechanism)
        for (const line of lines) {
          const step = each.receive(line)
          if ('claim' in step) assert.equal(step.claim.password, undefined)
          if (!('challenge' in step)) return
        }
      },
    ),
  )
})
