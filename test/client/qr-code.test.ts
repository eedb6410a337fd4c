import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from 'uqr'
import { qrCode } from '../../src/client/qr-code.ts'

const url = 'https://microsoft.com/devicelogin'
const screen = { isTTY: true, columns: 80 }
const env = { LANG: 'C.UTF-8', TERM: 'xterm' }

const blackOnWhite = '\u001b[30;107m'
const plain = '\u001b[0m'

/** The modules of the picture, true for dark, as a camera would see them. */
function modulesIn(picture: string): boolean[][] {
  return picture.split('\n').flatMap((line) => {
    if (line === '') return []
    assert.ok(line.startsWith(blackOnWhite) && line.endsWith(plain), line)
    const cells = Array.from(line.slice(blackOnWhite.length, -plain.length))
    return ['█▀', '█▄'].map((dark) => cells.map((cell) => dark.includes(cell)))
  })
}

test('the picture is the code of the text with a quiet zone, black on white whatever the terminal', () => {
  const { data, size } = encode(url, { border: 2 })
  const modules = modulesIn(qrCode(url, screen, env) ?? assert.fail('no picture'))
  assert.deepEqual(modules.slice(0, size), data)
  const light = data[0] ?? []
  assert.ok(light.every((module) => !module))
  assert.deepEqual(modules.slice(size), [light])
})

test('a terminal that does not tell its width has 80 columns', () => {
  assert.notEqual(qrCode(url, { isTTY: true }, env), undefined)
  assert.notEqual(qrCode(url, { isTTY: true, columns: 0 }, env), undefined)
  assert.equal(qrCode('x'.repeat(1_000), { isTTY: true }, env), undefined)
})

for (const [what, changedScreen, changedEnv] of [
  ['no terminal', { isTTY: false }, {}],
  ['a narrow one', { columns: 30 }, {}],
  ['a dumb one', {}, { TERM: 'dumb' }],
  ['one without UTF-8', {}, { LANG: 'C' }],
  ['one whose LC_ALL says otherwise', {}, { LC_ALL: 'de_DE.ISO-8859-1' }],
  ['one without a locale', {}, { LANG: '' }],
] as const) {
  test(`${what} gets no picture`, () => {
    assert.equal(qrCode(url, { ...screen, ...changedScreen }, { ...env, ...changedEnv }), undefined)
  })
}
