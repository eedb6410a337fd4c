/** The pages that the build makes, read by a strict formatter. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commands } from '../../src/client/command-table.ts'
import { environmentVariables as clientVariables } from '../../src/client/environment-variables.ts'
import { exitMeanings } from '../../src/client/exit-status.ts'
import { helpText } from '../../src/client/help.ts'
import { optionTable } from '../../src/client/options.ts'
import { type Option, writtenOption } from '../../src/command-line/option-table.ts'
import { sections } from '../../src/configuration-file/schema.ts'
import { outboxRouteNames } from '../../src/outbox/server/route-names.ts'
import { noticeEvents, noticeVariables } from '../../src/daemon/notices/notice-events.ts'
import { httpStatus } from '../../src/unix-http/http-status.ts'
import { routeNames } from '../../src/daemon/control/route-names.ts'
import { environmentVariables as daemonVariables } from '../../src/daemon/environment-variables.ts'
import { exitMeanings as daemonExitMeanings } from '../../src/daemon/exit-status.ts'
import { daemonHelp, daemonOptionTable } from '../../src/daemon/options.ts'
import { requestLimitBytes } from '../../src/daemon/socket/request.ts'
import { mailPorts } from '../../src/mail/mail-ports.ts'
import { outputFormats, protocols } from '../../src/sasl/output-format.ts'
import { exitMeanings as sendmailStatuses } from '../../src/sendmail/exit-status.ts'
import { optionMeanings, variableMeanings } from '../../src/sendmail/option-meanings.ts'
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

test('the page of sendmail has its options, variables and statuses', async () => {
  const page = await readPage('cms-oauth-sendmail.8')
  assertHasTerms(page, [
    ...Object.keys(optionMeanings),
    ...Object.keys(variableMeanings),
    ...Object.keys(sendmailStatuses),
  ])
})

test('cms-oauth-outbox(7) has every request of the socket, and every field of its types', async () => {
  const page = await readPage('cms-oauth-outbox.7')
  assertHasTerms(page, outboxRouteNames)
  const source = readFileSync(
    join(import.meta.dirname, '..', '..', 'src', 'messages', 'outbox-api.ts'),
    'utf8',
  )
  const own = source.replace(/^export interface OutboxStatus [^]*?^}/m, '')
  const words = new Set(page.match(/\w+/g))
  const fields = Array.from(own.matchAll(/^ {2}(\w+)\??: /gm), ([, name = '']) => name)
  assert.ok(fields.length > 30)
  assert.deepEqual(
    fields.filter((name) => !words.has(name)),
    [],
  )
})

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

test('cms-oauth(1) and its help have every exit status, environment variable and port', async () => {
  const terms = [...Object.keys(exitMeanings), ...Object.keys(clientVariables)]
  for (const text of [await readPage('cms-oauth.1'), helpText()]) {
    const isPage = text.startsWith('CMS')
    assertHasTerms(text, isPage ? terms : Object.keys(clientVariables))
    for (const status of Object.keys(exitMeanings))
      assert.match(text, new RegExp(`\\b${status}\\b`))
    for (const protocol of protocols) {
      const { usual, implicitTls } = mailPorts[protocol]
      assert.match(text, new RegExp(`\\b${usual}\\b`))
      assert.match(text, new RegExp(`\\b${implicitTls}\\b`))
    }
  }
})

test('cms-oauthd(8) and its help have every option, exit status and environment variable', async () => {
  const terms = [
    ...writtenOptions(daemonOptionTable),
    ...Object.keys(daemonExitMeanings),
    ...Object.keys(daemonVariables),
  ]
  const page = await readPage('cms-oauthd.8')
  assertHasTerms(page, [...terms, ...Object.keys(noticeEvents), ...Object.keys(noticeVariables)])
  assertHasTerms(daemonHelp(), terms)
})

test('every environment variable that the programs read is in one of the tables', () => {
  const documented = [clientVariables, daemonVariables, variableMeanings].flatMap((table) =>
    Object.keys(table).flatMap((names) => names.split(', ')),
  )
  const source = join(import.meta.dirname, '..', '..', 'src')
  const read = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(join(source, name), 'utf8')
      return [
        ...Array.from(text.matchAll(/\benv\[?'?\.?([A-Z][A-Z_]+)'?\]/g), ([, found = '']) => found),
        ...Array.from(
          text.matchAll(/['"]([a-zA-Z]+_[pP][rR][oO][xX][yY])['"]/g),
          ([, found = '']) => found.toUpperCase(),
        ),
        ...Array.from(
          text.matchAll(/^ {2}const \{ ([A-Z_]+)(?:: _+)?, .*\} = env$/gm),
          ([, found = '']) => found,
        ),
      ]
    })
  const internal = ['CMS_OAUTH_EXTRA_CA', 'SUDO_USER']
  assert.deepEqual(
    [...new Set(read)].filter((name) => ![...documented, ...internal].includes(name)),
    [],
  )
})

test('cms-oauth-socket(7) has every format, error and limit of the token socket', async () => {
  const page = await readPage('cms-oauth-socket.7')
  assertHasTerms(page, [...outputFormats, 'request_invalid', 'account_unknown', 'sign_in_required'])
  assert.match(page, new RegExp(`\\b${requestLimitBytes} bytes`))
})

test('cms-oauth-control(7) has every request, error and state, and every field of its types', async () => {
  const page = await readPage('cms-oauth-control.7')
  assertHasTerms(page, [...routeNames, ...Object.keys(httpStatus)])
  const source = readFileSync(
    join(import.meta.dirname, '..', '..', 'src', 'messages', 'control-api.ts'),
    'utf8',
  )
  const words = new Set(page.match(/\w+/g))
  const fields = Array.from(
    source.matchAll(/^ {2,6}(?:\| \{ )?(\w+)\??: /gm),
    ([, name = '']) => name,
  )
  const values = Array.from(source.matchAll(/(?:\| |event: )'(\w+)'/g), ([, name = '']) => name)
  assert.ok(fields.length > 60 && values.length > 10)
  assert.deepEqual(
    [...fields, ...values].filter((name) => !words.has(name)),
    [],
  )
})

test('cms-oauth.toml(5) has every section and key', async () => {
  const page = await readPage('cms-oauth.toml.5')
  for (const [name, keys] of Object.entries(sections)) {
    assert.match(page, new RegExp(`^\\[${name}\\]|^\\[\\[${name}\\]\\]`, 'm'))
    assertHasTerms(page, Object.keys(keys))
  }
})
