/** Links lead somewhere, and commands are commands. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { refuseForeignOptions } from '../../src/client/applicable-options.ts'
import { isCommand } from '../../src/client/command-table.ts'
import { parseCommandLine } from '../../src/client/options.ts'
import { parseSendmailArguments } from '../../src/command-line/sendmail-arguments.ts'
import { parseDaemonOptions } from '../../src/daemon/options.ts'
import { blocksOf, documents, readDocument, root } from './documents.ts'

/** As GitHub names a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}

function anchorsOf(path: string): string[] {
  return Array.from(readDocument(path).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    anchorOf(heading),
  )
}

test('every link inside the repository leads to a file and a heading', () => {
  for (const path of documents) {
    for (const [, target = ''] of readDocument(path).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : relative(root, join(root, dirname(path), file))
      assert.ok(existsSync(join(root, found)), `${path}: ${target}`)
      if (anchor !== undefined) {
        assert.ok(anchorsOf(found).includes(anchor), `${path}: ${target}`)
      }
    }
  }
})

/** The command lines of our programs in a file, inline and in shell blocks and comments. */
function commandLines(path: string): string[] {
  const text = readDocument(path)
  const lines = path.endsWith('.md') ? blocksOf(path, 'sh').join('\n') : text
  const inline = Array.from(text.matchAll(/`(cms-oauthd?(?: [^`]*)?)`/g), ([, line = '']) => line)
  const inLines = Array.from(
    lines.matchAll(/(?:^|[|;(] *|Test: +|Sign in: +|passwordeval )(cms-oauthd? [^#|<>()`\n]*)/gm),
    ([, line = '']) => line,
  )
  return [...inline, ...inLines].map((line) =>
    line.replace(/ {2}.*| and .*|,? or .*|,.*/s, '').trim(),
  )
}

test('every command line in a document is one of our programs', () => {
  const accounts = readdirSync(join(root, 'examples', 'accounts')).map((name) =>
    join('examples', 'accounts', name),
  )
  const current = documents.filter((path) => path !== 'CHANGELOG.md')
  for (const path of [...current, ...accounts]) {
    for (const written of commandLines(path)) {
      const [program, ...args] = written.split(/\s+/)
      try {
        if (program === 'cms-oauthd') parseDaemonOptions(args)
        else if (args[0] === 'sendmail') {
          const command = parseSendmailArguments('sendmail', args.slice(1))
          assert.ok(command.mode !== 'wrong' || ['--install', '--help'].includes(args[1] ?? ''))
        } else {
          const line = parseCommandLine(args)
          refuseForeignOptions(line)
          assert.ok(line.words.length === 0 || isCommand(line.words[0] ?? ''))
        }
      } catch (error) {
        assert.fail(`${path}: "${written}": ${String(error)}`)
      }
    }
  }
})
