import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDaemonOptions } from '../../src/daemon/options.ts'

test('without options the daemon runs', () => {
  assert.deepEqual(parseDaemonOptions([]), { action: 'run' })
})

test('the configuration can be named for whatever is done', () => {
  for (const argv of [['--config=c.toml'], ['--config', 'c.toml']]) {
    assert.deepEqual(parseDaemonOptions(argv), { action: 'run', configFile: 'c.toml' })
    assert.deepEqual(parseDaemonOptions([...argv, '--check']), {
      action: 'check',
      configFile: 'c.toml',
    })
  }
})

test('each word of information has its option, and help comes first', () => {
  assert.equal(parseDaemonOptions(['--help-config']).action, 'help-config')
  assert.equal(parseDaemonOptions(['--version']).action, 'version')
  assert.equal(parseDaemonOptions(['-h']).action, 'help')
  assert.equal(parseDaemonOptions(['--check', '--version', '--help']).action, 'help')
})

test('a command line that is wrong is refused in one line', () => {
  const cases = [
    [['--bogus'], "unknown option '--bogus'"],
    [['--check=yes'], "option '--check' does not take an argument"],
    [['--config'], "option '--config <value>' argument missing"],
    [['--config', '--check'], "option '--config' argument is ambiguous"],
    [['start'], "unexpected argument 'start'"],
  ] as const
  for (const [argv, message] of cases) {
    assert.throws(() => parseDaemonOptions([...argv]), {
      code: 'usage',
      message: new RegExp(`^${message}[^\\n]*$`),
      hint: 'see "cms-oauthd --help"',
    })
  }
})
