/** What the programs print in terminals of 80 and 60 columns: no word is broken, no table is wider. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { commands } from '../../src/client/command-table.ts'
import { describeConfiguration } from '../../src/configuration-file/describe.ts'
import { daemonHelp } from '../../src/daemon/options.ts'
import { runOnTerminal } from '../support/pseudo-terminal.ts'
import { temporaryHome } from './run-against.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
const user = 'somebody.with.a.long.name@example.com'

/** Without a daemon each of them has much to say. */
const calls = [
  '--help',
  ...commands.map(([name]) => `${name} --help`),
  `--user=${user}`,
  `--user=${user} login`,
  `--user=${user} --test-smtp=localhost`,
  'login',
  'status',
  'doctor',
  'reload',
  'refresh',
  `logout ${user}`,
  `import ${user} --jsn`,
  'export',
  'bridge add-password',
  'init somewhere',
]

/** A single word may be longer than a line: a URL, a path. */
function assertFits(text: string, columns: number): void {
  const lines = stripVTControlCharacters(text).split(/\r?\n/)
  const wide = lines.filter((line) => line.length > columns && line.trim().includes(' '))
  assert.deepEqual(wide, [])
}

for (const columns of [80, 60]) {
  test(`help, errors and doctor fit ${columns} columns`, async (t) => {
    const { env } = await temporaryHome(t)
    const all = calls.map((args) => `'${program}' ${args} </dev/null`).join('; ')
    const { screen } = await runOnTerminal(all, env, columns).ended
    assertFits(screen, columns)
    assert.ok(screen.includes(user))
  })

  test(`what the daemon says of itself fits ${columns} columns`, () => {
    assertFits(daemonHelp(columns), columns)
    assertFits(describeConfiguration(columns), columns)
  })
}
