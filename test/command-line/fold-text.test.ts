import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { columnsOf, foldCommand, foldText } from '../../src/command-line/fold-text.ts'

test('lines are broken between words, and what follows is indented by two more', () => {
  assert.equal(
    foldText('short\n  one two three four\n\nend', 11),
    'short\n  one two\n    three\n    four\n\nend',
  )
})

test('what is in quotes is copied, and stays on one line where it can', () => {
  const said = 'hint: run "cms-oauth login a@b.c", then look again'
  assert.equal(foldText(said, 32), 'hint: run\n  "cms-oauth login a@b.c", then\n  look again')
  assert.equal(foldText('the "quoted text of four"', 12), 'the\n  "quoted\n  text of\n  four"')
})

test('a command that goes on ends its line in a backslash', () => {
  assert.equal(foldCommand('  one two three', 14), '  one two \\\n    three')
  assert.equal(foldCommand('  one two', 14), '  one two')
})

test('a comment that goes on is one on each line, and comes before its command', () => {
  assert.equal(foldCommand('  # one two three', 14), '  # one two\n  # three')
  assert.equal(foldCommand('  # one two', 14), '  # one two')
  assert.equal(foldCommand('  one two   # one two', 14), '  # one two\n  one two')
  assert.equal(foldCommand('one two three   # six', 11), '# six\none two \\\n  three')
})

test('no word is lost, and only a longer one is wider than the terminal', () => {
  const words = fc.array(fc.stringMatching(/^[a-z"]{1,12}$/), { minLength: 1 })
  fc.assert(
    fc.property(words, fc.integer({ min: 16, max: 100 }), (all, columns) => {
      const folded = foldText(all.join(' '), columns)
      assert.deepEqual(folded.split(/\s+/), all)
      for (const line of folded.split('\n')) assert.ok(line.length <= columns, line)
    }),
  )
})

test('without a terminal no line is broken, and one that says no width has 80', () => {
  assert.equal(columnsOf({}), Infinity)
  assert.equal(columnsOf({ isTTY: true, columns: 0 }), 80)
  assert.equal(columnsOf({ isTTY: true, columns: 60 }), 60)
})
