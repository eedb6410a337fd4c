/** What a server repeats of a credential is hidden, in whatever way it writes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Mask } from '../../src/logging/mask.ts'

const secret = 'T0ken.canary_0123456789-abcdefgh~ijklm+nopq/rstuvwxyz=='

function masked(text: string, secrets = [secret]): string {
  const mask = new Mask()
  for (const each of secrets) mask.add(each)
  return mask.apply(text)
}

const hex = Buffer.from(secret).toString('hex')
const inBase64 = (before: string, after: string) =>
  Buffer.from(`${before}${secret}${after}`).toString('base64')

for (const [name, text] of Object.entries({
  'as it is': secret,
  'in upper case': secret.toUpperCase(),
  'in lower case': secret.toLowerCase(),
  'in hex': hex,
  'in upper hex': hex.toUpperCase(),
  backwards: Buffer.from(Buffer.from(secret).toReversed()).toString(),
  'as in JSON of PHP': secret.replaceAll('/', '\\/'),
  'as in a URL': encodeURIComponent(secret),
  'as in a form': new URLSearchParams({ s: secret }).toString().slice(2),
  'with every byte as in a URL': hex.replaceAll(/../g, '%$&'),
  'in base64': btoa(secret),
  'in base64url': Buffer.from(secret).toString('base64url'),
  'in base64 in lower case': btoa(secret).toLowerCase(),
})) {
  test(`a secret is hidden: ${name}`, () => {
    assert.match(masked(text), /^\[secret\]=*$/)
    assert.match(masked(`535 <${text}> no`), /^535 <\[secret\]=*> no$/)
    assert.equal(masked(`${text} ${text}`).match(/secret/g)?.length, 2)
  })
}

/** What stands between the letters, however it writes them. */
for (const [name, text] of Object.entries({
  'with blanks': secret.split('').join(' '),
  'one letter to a line': secret.split('').join('\r\n'),
  'as a list': JSON.stringify(secret.split('')),
  'with characters that nobody sees': secret.split('').join('\u200b'),
  ...Object.fromEntries(
    [2, 3, 4, 5, 6, 7].map((size) => [
      `in groups of ${size} letters`,
      secret.replaceAll(/[^a-z0-9]/gi, '').replaceAll(new RegExp(`.{${size}}`, 'g'), '$& '),
    ]),
  ),
  'in hex with colons': hex.replaceAll(/../g, '$&:'),
  'in hex with blanks': hex.toUpperCase().replaceAll(/../g, '$& '),
  'in hex as in C': hex.replaceAll(/../g, '\\x$&'),
  'in hex as numbers': hex.replaceAll(/../g, '0x$&, '),
  'escaped as in JSON': hex.replaceAll(/../g, '\\u00$&'),
  'as in HTML': hex.replaceAll(/../g, '&#x$&;'),
  'in base64 with blanks': btoa(secret).split('').join(' '),
  'backwards with dots': secret.split('').toReversed().join('.'),
})) {
  test(`a secret is hidden: ${name}`, () => {
    assert.match(masked(text), /^[^a-z0-9]*[0u]*x?\[secret\][^a-z0-9]*$/i)
    assert.match(masked(`535 <${text}> no`), /^535 <[^a-z0-9]*[0u]*x?\[secret\][^a-z0-9]*> no$/i)
  })
}

test('words of a protocol stay, though they have the letters of a secret', () => {
  for (const [text, secret] of [
    ['invalid_client_secret', 'client-secret'],
    ['client_secret is missing', 'client-secret'],
    ['INVALID_REFRESH_TOKEN', 'refresh-token'],
    ['"access_token"', 'AccessToken!'],
  ] as const) {
    assert.equal(masked(text, [secret]), text)
  }
})

test('words that only lie apart stay, and so does what is between two secrets that lie apart', () => {
  assert.equal(masked('a b c d e f g, b c', ['abcdefgh']), 'a b c d e f g, b c')
  assert.equal(masked('a-b-c-d-e-f-g-h or b', ['abcdefgh']), '[secret] or b')
  assert.equal(
    masked('1 2 3 4 5 6 7 8 and q w e r t y u i', ['12345678', 'qwertyui']),
    '[secret] and [secret]',
  )
})

test('a secret in base64 is hidden wherever it begins in the bytes', () => {
  for (const before of ['', 'x', 'xy', 'xyz', 'user=a@b.example\u0001auth=Bearer ']) {
    for (const after of ['', 'x', 'xy', '\u0001\u0001']) {
      const rest = masked(inBase64(before, after)).split('[secret]')
      assert.equal(rest.length, 2)
      // At each side at most one character that also holds bits of the neighbour, and what is not ours.
      const [head = '', tail = ''] = rest
      assert.ok(head.length <= Math.ceil((before.length * 4) / 3), head)
      assert.ok(tail.replace(/=+$/, '').length <= Math.ceil((after.length * 4) / 3) + 1, tail)
    }
  }
})

test('a secret in base64 is hidden in base64 too, wherever it begins in the bytes of either', () => {
  for (const before of ['', 'x', 'xy', 'user=a@b.example\u0001auth=Bearer ']) {
    for (const outside of ['', '{', '{"']) {
      const twice = btoa(`${outside}${inBase64(before, '\u0001\u0001')}"}`)
      const [head = '', tail = ''] = masked(twice).split('[secret]')
      const around = ((before.length * 4) / 3 + outside.length) * (4 / 3)
      assert.ok(head.length <= around + 6, head)
      assert.ok(tail.length <= 16, tail)
    }
  }
})

test('of every piece of 8 characters and more nothing is left', () => {
  const forms = [secret, hex, btoa(secret).replace(/=+$/, '')]
  for (const form of forms) {
    for (let from = 0; from + 8 <= form.length; from++) {
      for (const to of [from + 8, from + 9, form.length]) {
        const piece = form.slice(from, to)
        assert.equal(masked(`a ${piece}, b`), 'a [secret], b', piece)
      }
    }
  }
})

test('shorter pieces, other words and short secrets stay', () => {
  for (const text of [
    secret.slice(0, 7),
    '535 5.7.8 Username and Password not accepted',
    '',
    'x',
  ]) {
    assert.equal(masked(text), text)
  }
  assert.equal(masked('passwd', ['passwd']), 'passwd')
  assert.equal(masked('no secret', []), 'no secret')
})

test('what is between two secrets stays, and what touches is one', () => {
  const [a, b] = ['0123456789', 'qwertyuiop']
  assert.equal(masked(`${a} ${b}`, [a, b]), '[secret] [secret]')
  assert.equal(masked(`${a}${b}.`, [a, b]), '[secret].')
  assert.equal(masked(`${a}\n${b}`, [a, b]), '[secret]\n[secret]')
})

test('whatever surrounds it, no piece of a secret is left, and nothing else is lost', () => {
  const token = fc.string({ minLength: 8, maxLength: 60, unit: 'binary-ascii' })
  const around = fc.array(fc.constantFrom('\u00e9', '\u00ff\u00fe', '\u00a0', '\u20ac'))
  fc.assert(
    fc.property(
      token,
      around,
      around,
      fc.nat(),
      fc.nat(),
      (whole, before, after, start, length) => {
        const from = start % (whole.length - 7)
        const piece = whole.slice(from, from + 8 + (length % 60))
        const text = masked(`${before.join('')}${piece}${after.join('')}`, [whole])
        assert.equal(text, `${before.join('')}[secret]${after.join('')}`)
      },
    ),
  )
})

/** What a server may send that knows the secret, or says much: 256 KiB of each. */
const longTexts = {
  'one letter': () => 'a',
  'one letter of the other case': () => 'A',
  'a word of eight letters': () => 'aaaaaaab',
  hex: (random: () => number) => random().toString(16).slice(2, 10),
  base64: (random: () => number) => btoa(String(random())),
  'hex of letters': (random: () => number) => `6${Math.floor(random() * 16).toString(16)}`,
  'bytes as in a URL': (random: () => number) => `%6${Math.floor(random() * 16).toString(16)}`,
  'pieces that are too short': (random: () => number) => {
    const start = Math.floor(random() * (longSecret.length - 7))
    return longSecret.slice(start, start + 7)
  },
}
const longSecret = Buffer.from(
  Array.from({ length: 2_250 }, (_, at) => (at * 7_919) % 251),
).toString('base64url')

function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

for (const [name, part] of Object.entries(longTexts)) {
  test(`256 KiB of ${name} take about as long as any other text`, () => {
    const random = numbers(42)
    const length = 256 * 1024
    let text = ''
    while (text.length < length) text += part(random)
    const plain = 'It is not known here. '.repeat(length / 22)
    const mask = new Mask()
    mask.add(longSecret)
    mask.apply(plain)
    const least = (measured: string) =>
      Math.min(...[1, 2, 3].map(() => cpuMs(() => void mask.apply(measured))))
    assert.ok(least(text) < 20 * least(plain) + 20)
  })
}

test('a secret of one letter hides no less and no more of a text of that letter', () => {
  const text = `${'a'.repeat(50_000)} b ${'a'.repeat(7)} c ${'a'.repeat(8)}`
  assert.equal(masked(text, ['a'.repeat(3_000)]), `[secret] b ${'a'.repeat(7)} c [secret]`)
})
