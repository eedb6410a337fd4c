/**
 * Words that the project does not use, because a reader would stop at them: most of them are another
 * language in English words. src/GLOSSARY.md says what is written instead, and what each noun means.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

const forms: [form: RegExp, instead: string][] = [
  [/\banew\b/i, 'again'],
  [/\bby (?:itself|themselves)\b/i, 'automatically, on its own'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bgoes (?:not )?with\b|\bgo together\b/i, 'requires, cannot be combined with'],
  [/\blook(?:s|ed|ing)? at\b/i, 'check'],
  [/\btroubles? that pass(?:es)?\b/i, 'temporary trouble'],
  [/\b(?:it|this) (?:passes(?!'| t)|will pass|may pass)\b/i, 'temporary'],
  [/\bgiven up\b/i, 'cancelled, abandoned'],
  [/(?<!\bthere )\bis no (?!longer\b|more\b|such\b)/i, 'is not a'],
  [/, and is none\b/i, 'but is not one'],
  [
    /\b(?:token|secret|certificate|credential|sign-in)s? (?:has |have |had |may have )?end(?:s|ed)\b/i,
    'expires, has expired',
  ],
  [/\bWHAT TO DO\b|\bSIGN-IN ENDS\b/, 'ACTION, SIGN-IN EXPIRES'],
  [/\bnewer request ended\b/i, 'superseded by a newer one'],
  [/\bgets it or nothing\b/i, 'stdout carries the credential or nothing'],
  [/\blest\b|\bbefalls?\b|\bamid\b|\bwhosoever\b|\bfor ever\b/i, 'a word of this century'],
  [/\bat the (?:most|least)\b/i, 'at most, at least'],
  [/\bof its own accord\b/i, 'unasked, automatically'],
  [/\bits kin\b/i, 'and similar ones'],
  [/\bhas had its answer\b/i, 'was answered already'],
  [/\bstands? there twice\b/i, 'is listed twice'],
  [/\bupper and lower case count\b/i, 'case matters'],
  [/\b(?:lies|lie) (?:in|beside|at|below)\b/i, 'is in, is beside'],
  [/\b(?:nobody|none) (?:is|has) called so\b/i, 'is not known'],
  [/\bto the letter\b/i, 'exactly'],
  [/\bif need be\b/i, 'if necessary'],
  [/\bis told so\b|, which is said\b/i, 'it says so'],
  [
    /(?<!\bwhat )\b(?:it|nothing|line|address|password|expiry|part of it|gone|refuses|cause|all else) (?:is|was) (?:not )?told(?! (?:of|to|that|why|what|when|the|apart|first where)\b)/i,
    'only people and programs are told: reported, shown, logged',
  ],
  [/\blooks on\b/i, 'a plain subject'],
  [/\bcome to pass\b|\bin vain\b/i, 'happen, without success'],
  [/\b(?:does|do|not) admit\b|\badmits (?:SMTP|mail|them)\b|\bmode admits\b/i, 'allow'],
  [/\b(?:token|secret|certificate|credential)s? dies?\b/i, 'expires'],
  [/\btakes? no\b/i, 'does not take, does not accept'],
  [/\b(?:names|offers) no (?!privacy\b)/i, 'does not name, does not offer'],
  [/\bstands? (?:in|there|at|beside)\b/i, 'is in, is there'],
  [/\blets? go of\b/i, 'releases'],
  [/(?<!\b(?:who|that|nobody|person|sign-in|IMAP) )\bwants\b(?! to |=)/i, 'requires'],
  [/\bended with \d|\bended the connection\b/i, 'exited with, closed the connection'],
  [/\bbrings? it back\b/i, 'restores it'],
  [/\bworks? on the store\b/i, 'uses the store'],
  [/\bif (?:it stays|this goes on)\b/i, 'if it keeps happening'],
]

/** Where a form is the subject: the glossary, and what others say or are called. */
const allowed = [
  'src/GLOSSARY.md',
  // A recognizer of what servers say.
  'src/oauth/verdict.ts',
  'test/architecture/words.test.ts',
]

function* texts(): Generator<[file: string, line: number, text: string]> {
  for (const file of filesToRead()) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    const said = file.endsWith('.ts') ? lines.map(wordsOf) : lines
    for (const [index, text] of said.entries()) yield [file, index + 1, text]
  }
}

const documents = ['README.md', 'SECURITY.md', 'CHANGELOG.md']

function filesToRead(): string[] {
  const named = [...documents, ...below('src'), ...below('test'), ...below('systemd')]
  return [...named, ...below('examples')].filter((file) => !allowed.includes(file)).toSorted()
}

function below(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:png|json)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules'))
}

/** The comments and strings of a line of source; a regular expression holds the words of others. */
function wordsOf(line: string): string {
  const comment = /^\s*(?:\/?\*|\/\/)|\/\*|\s\/\/\s/.test(line)
  if (comment) return line
  const strings = line.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`?/g) ?? []
  const isText = !/[=(;{}]/.test(line)
  return isText ? line : strings.join(' ')
}

test('no text that a person reads has a form that the glossary replaces', () => {
  const found: string[] = []
  for (const [file, line, text] of texts()) {
    for (const [form, instead] of forms) {
      const word = form.exec(text)?.[0]
      if (word !== undefined) found.push(`${file}:${line}: "${word}": write ${instead}`)
    }
  }
  assert.deepEqual(found, [])
})
