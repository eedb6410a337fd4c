/** The pages that the build makes, read by a strict formatter. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sections } from '../../src/config/schema.ts'
import { commands } from '../../src/cli/command-table.ts'
import { exitMeanings } from '../../src/cli/exit-status.ts'
import { optionTable } from '../../src/cli/options.ts'
import { daemonOptionTable } from '../../src/daemon/options.ts'
import { type Option, writtenOption } from '../../src/option-table.ts'
import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

const directory = join(import.meta.dirname, '..', '..', 'dist', 'man')
// The date is left empty, so that a build gives the same bytes every day.
const intended = /missing date, using ""/

async function readPage(name: string): Promise<string> {
  const mandoc = installedProgram('mandoc', 'mandoc')
  const args = ['-T', 'utf8', '-O', 'width=200', join(directory, name)]
  const { stdout } = await runProgram(mandoc, args, process.env)
  // Bold and underlined characters are overstruck.
  const pieces = stdout.split('\b')
  return pieces.map((piece, i) => (i < pieces.length - 1 ? piece.slice(0, -1) : piece)).join('')
}

function writtenOptions(table: Record<string, Option>): string[] {
  return Object.entries(table).map(([name, option]) => writtenOption(name, option))
}

function assertHasTerms(page: string, terms: readonly string[]): void {
  const starts = page.split('\n').map((line) => line.trim())
  for (const term of terms)
    assert.ok(
      starts.some((line) => line.startsWith(term)),
      term,
    )
}

test('a strict formatter has nothing to say about the pages', async () => {
  const mandoc = installedProgram('mandoc', 'mandoc')
  for (const name of readdirSync(directory)) {
    const args = ['-T', 'lint', '-W', 'warning', join(directory, name)]
    const { stdout } = await runProgram(mandoc, args, process.env)
    assert.deepEqual(
      stdout.split('\n').filter((line) => line !== '' && !intended.test(line)),
      [],
    )
  }
})

test('cms-oauth(1) has every command and option', async () => {
  const page = await readPage('cms-oauth.1')
  assertHasTerms(page, [...commands.map(([name]) => name), ...writtenOptions(optionTable)])
  assert.match(page, /^ +passwordeval cms-oauth --user=user@domain\.com --output=token$/m)
})

test('cms-oauth(1) has every exit status, and what the environment says', async () => {
  const page = await readPage('cms-oauth.1')
  assertHasTerms(page, [...Object.keys(exitMeanings), 'CMS_SOCK', 'CMS_OAUTH_CONTROL', 'NO_COLOR'])
})

test('cms-oauthd(8) has every option, notice and exit status', async () => {
  const page = await readPage('cms-oauthd.8')
  assertHasTerms(page, [
    ...writtenOptions(daemonOptionTable),
    '0 ',
    '64',
    '75',
    '78',
    'HTTPS_PROXY',
    'STATE_DIRECTORY',
    'sign_in_required',
    'token_file_failed',
  ])
})

test('cms-oauth.toml(5) has every section and key', async () => {
  const page = await readPage('cms-oauth.toml.5')
  for (const [name, keys] of Object.entries(sections)) {
    assert.match(page, new RegExp(`^\\[${name}\\]|^\\[\\[${name}\\]\\]`, 'm'))
    assertHasTerms(page, Object.keys(keys))
  }
})
