/** The help of each command is about that command. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ownOptions } from '../../src/client/applicable-options.ts'
import { commands } from '../../src/client/command-table.ts'
import { commandHelp } from '../../src/client/help.ts'
import { optionTable } from '../../src/client/options.ts'
import { writtenName } from '../../src/command-line/option-table.ts'
import { runClient } from '../support/daemon.ts'
import { temporaryHome } from './run-against.ts'

describe('the help of a command', () => {
  for (const [name, command] of commands) {
    test(`shows how "${name}" is called, its options, and lines to copy`, () => {
      const help = commandHelp(name)
      assert.ok(help.startsWith(`Usage:\n  cms-oauth ${name}`), help)
      assert.match(help, new RegExp(`\nExamples:\n.*cms-oauth ${name}`))
      const own = ownOptions(command)
      for (const option of Object.keys(optionTable) as (keyof typeof optionTable)[]) {
        if (['help', 'version', 'config', 'control-sock'].includes(option)) continue
        const written = new RegExp(`^ +--${writtenName(option, optionTable[option])}\\b`, 'm')
        assert.equal(written.test(help), own.includes(option), `${name} ${option}`)
      }
      assert.ok(
        help.split('\n').every((line) => line.length <= 100),
        help,
      )
    })
  }

  test('is printed whatever else is there', async (t) => {
    const home = await temporaryHome(t)
    for (const args of [
      ['login', '--help'],
      ['--help', 'login'],
      ['login', 'u@x', '-h', '--json'],
    ]) {
      assert.deepEqual(await runClient(home, args), {
        status: 0,
        stdout: commandHelp('login'),
        stderr: '',
      })
    }
  })
})
