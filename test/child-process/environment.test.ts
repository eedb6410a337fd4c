import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  childEnvironment,
  networkEnvironment,
  passedEnvironment,
} from '../../src/child-process/environment.ts'
import { buildId, buildVariable } from '../../src/package/build-id.ts'

const build = { [buildVariable]: buildId }

test('a child gets what it needs: directories, keyring, proxies, authorities, language', () => {
  const needed = {
    PATH: '/usr/bin',
    HOME: '/home/user',
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    XDG_RUNTIME_DIR: '/run/user/1',
    XDG_STATE_HOME: '/state',
    CMS_OAUTH_CONFIG: '/config.toml',
    CMS_OAUTH_CONTROL: '/control.sock',
    STATE_DIRECTORY: '/var/lib/cms-oauth',
    RUNTIME_DIRECTORY: '/run/cms-oauthd',
    CREDENTIALS_DIRECTORY: '/run/credentials',
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/bus',
    HTTPS_PROXY: 'http://proxy:3128',
    no_proxy: 'localhost',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    CMS_OAUTH_EXTRA_CA: '/ca.pem',
    GNUPGHOME: '/gnupg',
    PASSWORD_STORE_DIR: '/store',
    VAULT_ADDR: 'https://vault',
  }
  assert.deepEqual(childEnvironment(needed), { ...needed, ...build })
})

for (const name of [
  'NODE_OPTIONS',
  'NODE_DEBUG',
  'NODE_PATH',
  'NODE_V8_COVERAGE',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_REPL_EXTERNAL_MODULE',
  'NODE_CHANNEL_FD',
  'SSLKEYLOGFILE',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'LD_PRELOAD',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
  'GCONV_PATH',
  'UV_THREADPOOL_SIZE',
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'LISTEN_FDS',
  'MAIL_PASSWORD',
  'XDG',
  'xdg_config_home',
  'NOT_XDG_CONFIG_HOME',
]) {
  test(`a child does not get ${name}`, () => {
    assert.deepEqual(childEnvironment({ [name]: 'value' }), build)
  })
}

test('a child that speaks TLS gets the additional authorities under the name that Node reads', () => {
  assert.deepEqual(networkEnvironment({ CMS_OAUTH_EXTRA_CA: '/ca.pem' }), {
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    ...build,
  })
  assert.deepEqual(networkEnvironment({ CMS_OAUTH_EXTRA_CA: '' }), build)
  assert.deepEqual(networkEnvironment({ NODE_EXTRA_CA_CERTS: '/ca.pem' }), {
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    ...build,
  })
})

test('a program of the operator gets the same, and none of what binds children to this build', () => {
  const env = { NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '1', LISTEN_FDS: '1', DISPLAY: ':0', MINE: '1' }
  assert.deepEqual(passedEnvironment(env), { DISPLAY: ':0' })
})
