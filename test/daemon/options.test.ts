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

test('a store is copied from the first file that is named to the second', () => {
  assert.deepEqual(parseDaemonOptions(['--store-copy', 'a.toml', 'b.toml']), {
    action: 'store-copy',
    files: ['a.toml', 'b.toml'],
  })
  for (const argv of [
    ['--store-copy', 'a.toml'],
    ['--store-copy=a', 'b', 'c'],
  ]) {
    assert.throws(() => parseDaemonOptions(argv), {
      code: 'usage',
      hint: /FROM TO/,
    })
  }
})

test('each word of information has its option, and help comes first', () => {
  assert.equal(parseDaemonOptions(['--help-config']).action, 'help-config')
  assert.equal(parseDaemonOptions(['--help_config']).action, 'help-config')
  assert.equal(parseDaemonOptions(['--version']).action, 'version')
  assert.equal(parseDaemonOptions(['-h']).action, 'help')
  assert.equal(parseDaemonOptions(['--check', '--version', '--help']).action, 'help')
})

test('a command line that is wrong is refused in one line', () => {
  const seeHelp = 'see "cms-oauthd --help"'
  const cases: [argv: string[], message: string, hint: string | RegExp][] = [
    [['--bogus'], 'there is no option "--bogus"', seeHelp],
    [['--chek'], 'there is no option "--chek"', 'did you mean "--check"?'],
    [['-hx'], 'there is no option "-x"', seeHelp],
    [['--check=yes'], '--check does not take a value', seeHelp],
    [['--config'], '--config needs a value', 'write --config=FILE'],
    [['--config', '--check'], '--config needs a value', 'write --config=FILE'],
    [['start'], '"start" is not an option', /"cms-oauth"$/],
  ]
  for (const [argv, message, hint] of cases) {
    assert.throws(() => parseDaemonOptions(argv), { code: 'usage', message, hint })
  }
})
