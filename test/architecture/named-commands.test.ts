/** Whoever does what a sentence or a document says is not told that there is no such command or option. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { refuseForeignOptions } from '../../src/client/applicable-options.ts'
import { commandTable } from '../../src/client/command-table.ts'
import { parseCommandLine } from '../../src/client/options.ts'
import { parseDaemonOptions } from '../../src/daemon/options.ts'
import { blocksOf, documents, readDocument, root } from '../documents/documents.ts'

/** What is there to be filled in or left out: "COMMAND", "${name}", "[ID]", "...". */
const placeholder = /^(?:COMMAND|\[.*\]|\.\.\.|.*[<>|$&;#`].*)$/

interface Named {
  place: string
  command: string
}

function* namedInSource(): Generator<Named> {
  const src = join(root, 'src')
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    // So the explanations of refusals name it.
    const text = readFileSync(join(src, name), 'utf8').replaceAll('{reload}', '"cms-oauth reload"')
    yield* inText(
      relative(root, join(src, name)),
      text,
      /"(?:sudo )?(cms-oauthd? [^"\n\\]{1,200})"/g,
    )
  }
}

function* namedInDocuments(): Generator<Named> {
  for (const path of documents) {
    if (path === 'CHANGELOG.md') continue
    const text = readDocument(path)
    yield* inText(path, text, /`(?:sudo )?(cms-oauthd? [^`\n]{1,200})`/g)
    for (const block of blocksOf(path, 'sh')) {
      yield* inText(path, block, /^ *(?:sudo )?(cms-oauthd? [^\n\\]{1,200})$/gm)
    }
  }
}

function* inText(place: string, text: string, pattern: RegExp): Generator<Named> {
  for (const [, command = ''] of text.matchAll(pattern)) yield { place, command }
}

/** Up to what a shell would make of it. */
function wordsOf(command: string): [program: string, words: string[]] {
  const filled = command.replaceAll(
    /\$\{[^}]*\b(?:name|command|called|action)\b[^}]*\}/g,
    'COMMAND',
  )
  const [program = '', ...words] = filled.replaceAll(/\$\{[^}]*\}/g, 'user@domain.com').split(/\s+/)
  const end = words.findIndex((word) => placeholder.test(word))
  return [program, end === -1 ? words : words.slice(0, end)]
}

function faultOf(command: string): string | undefined {
  const [program, words] = wordsOf(command)
  try {
    if (program === 'cms-oauthd') {
      parseDaemonOptions(words)
      return undefined
    }
    if (words[0] === 'sendmail') return undefined
    const line = parseCommandLine(words)
    const [name] = line.words
    if (name !== undefined && !Object.hasOwn(commandTable, name)) return `no command "${name}"`
    refuseForeignOptions(line)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test('every command that a sentence or a document names exists, with its options', () => {
  const named = [...namedInSource(), ...namedInDocuments()]
  assert.ok(named.length > 250, `${named.length}`)
  const faults = named.flatMap(({ place, command }) => {
    const fault = faultOf(command)
    return fault === undefined ? [] : [`${place}: ${command}: ${fault}`]
  })
  assert.deepEqual(faults, [])
})

test('a command that there is not is found', () => {
  for (const command of ['cms-oauth list', 'cms-oauth login --revoke', 'cms-oauthd --chek']) {
    assert.notEqual(faultOf(command), undefined, command)
  }
})
