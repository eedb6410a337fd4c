/** The file of additional authorities, whether or not the program's first line has moved its variable away. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { tryLogin } from '../../src/mail/login-test.ts'
import { expectedError } from '../support/golden.ts'

const user = 'user@example.com'
const path = '/nowhere/ca.pem'

for (const variable of ['CMS_OAUTH_EXTRA_CA', 'NODE_EXTRA_CA_CERTS']) {
  test(`a login test names a file that cannot be read: ${variable}`, async (t) => {
    process.env[variable] = path
    t.after(() => delete process.env[variable])
    const attempt = tryLogin({
      server: { host: 'localhost', port: 1, isImplicitTls: false },
      credential: { account: user, user, protocol: 'SMTP', accessToken: 'canary' },
      print: () => {},
      isAppOnly: false,
    })
    const names = { where: `NODE_EXTRA_CA_CERTS="${path}"` }
    await assert.rejects(
      attempt,
      expectedError('config_invalid', 'authorities that cannot be read', names),
    )
  })
}
