import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  either,
  fields,
  filledText,
  flag,
  instant,
  listOf,
  nullable,
  number,
  oneOf,
  openFields,
  optional,
  type Shape,
  text,
  valueAt,
  variants,
} from '../../src/shapes/shape.ts'

interface Tree {
  name: string
  size?: number
  leaves: { isGreen: boolean }[]
}
const treeShape = fields<Tree>({
  name: text,
  size: optional(number),
  leaves: listOf(fields<Tree['leaves'][number]>({ isGreen: flag })),
})

const tree = { name: 'oak', leaves: [{ isGreen: true }] }

for (const [value, place] of [
  [tree, undefined],
  [{ ...tree, size: 7 }, undefined],
  [{ ...tree, leaves: [] }, undefined],
  [{ ...tree, size: null }, '.size'],
  [{ ...tree, size: '7' }, '.size'],
  [{ ...tree, size: Number.NaN }, '.size'],
  [{ ...tree, size: Number.POSITIVE_INFINITY }, '.size'],
  [{ name: 'oak' }, '.leaves'],
  [{ ...tree, leaves: { 0: { isGreen: true }, length: 1 } }, '.leaves'],
  [{ ...tree, leaves: [{ isGreen: true }, { isGreen: 1 }] }, '.leaves[1].isGreen'],
  [{ ...tree, leaves: [null] }, '.leaves[0]'],
  [{ ...tree, canary: 1 }, '.?'],
  [{ ...tree, toString: 1 }, '.?'],
  [JSON.parse('{"__proto__":{"name":"oak","leaves":[]}}'), '.name'],
  [Object.create(tree), '.name'],
  [[tree], ''],
  [null, ''],
  [undefined, ''],
  ['oak', ''],
] as const) {
  test(`an object: ${JSON.stringify(value)} is wrong at ${place}`, () => {
    assert.equal(treeShape(value), place)
  })
}

type Figure = { kind: 'square'; side: number } | { kind: 'point' }
const figureShape = variants<Figure, 'kind'>('kind', { square: { side: number }, point: {} })

for (const [value, place] of [
  [{ kind: 'square', side: 1 }, undefined],
  [{ kind: 'point' }, undefined],
  [{ kind: 'square' }, '.side'],
  [{ kind: 'point', side: 1 }, '.?'],
  [{ kind: 'circle' }, '.kind'],
  [{ kind: 'constructor' }, '.kind'],
  [{ kind: ['point'] }, '.kind'],
  [{}, '.kind'],
  [[], ''],
  [null, ''],
] as const) {
  test(`a union: ${JSON.stringify(value)} is wrong at ${place}`, () => {
    assert.equal(figureShape(value), place)
  })
}

const openShape = openFields<{ name: string; at: string | null }>({
  name: filledText,
  at: nullable(instant),
})

for (const [value, place] of [
  [{ name: 'oak', at: '2026-01-02T03:04:05Z', newer: 1 }, undefined],
  [{ name: 'oak', at: null }, undefined],
  [{ name: ' ', at: null }, '.name'],
  [{ name: 'oak', at: '' }, '.at'],
  [{ name: 'oak', at: 'some day' }, '.at'],
  [{ name: 'oak', at: 2026 }, '.at'],
  [{ name: 'oak' }, '.at'],
  [Object.create({ name: 'oak', at: null }), '.name'],
  [[], ''],
  [null, ''],
] as const) {
  test(`an object of a version that may be newer: ${JSON.stringify(value)} is wrong at ${place}`, () => {
    assert.equal(openShape(value), place)
  })
}

test('what is at a place is found, and nothing that is not', () => {
  const value = { ...tree, leaves: [{ isGreen: true }, { isGreen: 'no' }] }
  assert.equal(valueAt(value, treeShape(value) ?? ''), 'no')
  assert.equal(valueAt(value, ''), value)
  for (const place of [
    '.root',
    '.leaves[2]',
    '.leaves[2].isGreen',
    '.toString',
    '.name.length.x',
  ]) {
    assert.equal(valueAt(value, place), undefined)
  }
})

test('one of several values, and one of two forms', () => {
  const shape: Shape<'a' | 'b' | number> = either<'a' | 'b', number>(oneOf(['a', 'b']), number)
  assert.deepEqual(['a', 'b', 0].map(shape), [undefined, undefined, undefined])
  assert.deepEqual(['c', '', true, undefined].map(shape), ['', '', '', ''])
})
