import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf } from '../../../src/outbox/dialogue/path-of.ts'

const paths: [text: string, address: string | undefined, parameters?: string[]][] = [
  ['FROM:<a@x.org>', 'a@x.org'],
  ['from:<a@x.org> size=12 Body=8bitmime', 'a@x.org', ['SIZE=12', 'BODY=8BITMIME']],
  ['FROM:<>', ''],
  ['FROM: <a@x.org>', 'a@x.org'],
  ['FROM:a@x.org', 'a@x.org'],
  ['FROM: a@x.org SIZE=1', 'a@x.org', ['SIZE=1']],
  ['FROM:< a@x.org >', 'a@x.org'],
  ['FROM:<@relay.org,@other.org:a@x.org>', 'a@x.org'],
  ['FROM:<"a b"@x.org>', '"a b"@x.org'],
  ['FROM:<"a>b"@x.org>', '"a>b"@x.org'],
  ['FROM:<"a\\"b"@x.org>', '"a\\"b"@x.org'],
  ['FROM:<root>', 'root'],
  ['FROM:<a@b\xc3\xbccher.de>', 'a@bücher.de'],
  ['FROM:<a@x.org', undefined],
  ['FROM:a@x.org>', undefined],
  ['FROM:<a@x.org>SIZE=1', undefined],
  ['FROM:<<a@x.org>>', undefined],
  ['FROM', undefined],
  ['FROM:', undefined],
  ['TO:<a@x.org>', undefined],
  ['', undefined],
]

test('what MAIL names, as programs and devices write it', () => {
  for (const [text, address, parameters = []] of paths) {
    const wanted = address === undefined ? undefined : { address, parameters }
    assert.deepEqual(pathOf(text, 'FROM'), wanted, text)
    if (text.startsWith('FROM')) {
      assert.deepEqual(pathOf(text.replace('FROM', 'TO'), 'TO'), wanted, text)
    }
  }
})

test('no line takes long', () => {
  const startedAt = performance.now()
  for (const part of ['"', '\\', '<', '"\\', 'a', ' ', '@', '@a,', '""']) {
    pathOf(`FROM:<${part.repeat(2_000)}`, 'FROM')
    pathOf(`FROM:<@${part.repeat(2_000)}>`, 'FROM')
  }
  assert.ok(performance.now() - startedAt < 1_000)
})
