import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  configurationFiles,
  defaultKeyFile,
  stateDirectory,
} from '../../src/configuration/directories.ts'

const names = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME'] as const
const before = names.map((name) => process.env[name])

function setHomes(values: readonly (string | undefined)[]): void {
  for (const [index, name] of names.entries()) {
    const value = values[index]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

after(() => setHomes(before))

test('the configuration is the named one, else that of the user, else that of the machine', () => {
  setHomes(['/c', undefined])
  assert.deepEqual(configurationFiles({ CMS_OAUTH_CONFIG: '/named' }), ['/named'])
  assert.deepEqual(configurationFiles({ CMS_OAUTH_CONFIG: '' }), [
    '/c/cms-oauth/config.toml',
    '/etc/cms-oauth/config.toml',
  ])
  setHomes([undefined, undefined])
  assert.equal(configurationFiles({})[0], join(homedir(), '.config/cms-oauth/config.toml'))
})

test('the state is where systemd says, else in the home', () => {
  setHomes(['/c', '/s'])
  assert.equal(stateDirectory({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }), '/var/lib/a')
  assert.equal(stateDirectory({}), '/s/cms-oauth')
  setHomes([undefined, undefined])
  assert.equal(stateDirectory({}), join(homedir(), '.local/state/cms-oauth'))
})

test('the key is never beside the state', () => {
  setHomes(['/c', '/s'])
  assert.equal(defaultKeyFile({}), '/c/cms-oauth/store.key')
  assert.equal(defaultKeyFile({ STATE_DIRECTORY: '/var/lib/a' }), '/c/cms-oauth/store.key')
  assert.equal(defaultKeyFile({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }), '/var/lib/b/store.key')
})
