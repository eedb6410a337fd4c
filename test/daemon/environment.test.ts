import assert from 'node:assert/strict'
import { close, open } from 'node:inspector'
import { test } from 'node:test'
import { requireSafeEnvironment } from '../../src/daemon/environment.ts'
import { expectedError } from '../support/golden.ts'

const safe = { PATH: '/usr/bin', NODE_EXTRA_CA_CERTS: '/ca.pem', NODE_OPTIONS: '' }

test('an ordinary environment is good, as are options of Node that expose nothing', () => {
  requireSafeEnvironment(safe, [])
  requireSafeEnvironment(safe, ['--max-old-space-size=64', '--enable-source-maps'])
})

for (const name of [
  'NODE_OPTIONS',
  'LD_PRELOAD',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
  'SSLKEYLOGFILE',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
  'NODE_V8_COVERAGE',
  'NODE_REDIRECT_WARNINGS',
  'NODE_COMPILE_CACHE',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
]) {
  test(`${name} is refused by name, and its value is not told`, () => {
    assert.throws(
      () => requireSafeEnvironment({ ...safe, [name]: 'canary' }, []),
      expectedError('config_invalid', 'an environment variable', {
        name,
      }),
    )
  })
}

for (const flag of [
  '--inspect',
  '--inspect-brk=127.0.0.1:0',
  '--debug-port=1',
  '--heapsnapshot-signal=SIGUSR2',
  '--heap_prof',
  '--cpu-prof',
  '--prof',
  '--report-on-signal',
  '--diagnostic-dir=/tmp',
  '--trace-tls',
  '--abort-on-uncaught-exception',
  '--tls_keylog=/tmp/keys',
]) {
  test(`${flag} is refused`, () => {
    assert.throws(
      () => requireSafeEnvironment(safe, ['--no-warnings', flag]),
      expectedError('config_invalid', 'a diagnostic option', { flag }),
    )
  })
}

test('a debugger that was opened without a flag is refused too', (t) => {
  open(0, '127.0.0.1')
  t.after(close)
  assert.throws(
    () => requireSafeEnvironment(safe, []),
    expectedError('config_invalid', 'a diagnostic option', {
      flag: 'inspector',
    }),
  )
})
