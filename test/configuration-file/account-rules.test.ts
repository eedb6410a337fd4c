/** The rules of the grants without a sign-in, of client credentials, and of shared sign-ins. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccountConfiguration } from '../../src/configuration/configuration.ts'
import { assertRefused, loadText } from './load-text.ts'

const head = (provider: string, user = 'u@x') =>
  `[[account]]\nuser = "${user}"\nprovider = "${provider}"\n`
const app = 'client_id = "c"\ngrant = "client_credentials"\n'
const secret = 'client_secret_file = "/s"\n'

function accountOf(toml: string): AccountConfiguration | undefined {
  return loadText(toml).accounts[0]
}

/** Each is refused at this line and key. */
function refuses(cases: [toml: string, place: string, sentence: string, named?: string][]): void {
  for (const [toml, place, sentence, named] of cases) {
    assertRefused(toml, place, sentence, named === undefined ? {} : { named })
  }
}

describe('client_credentials', () => {
  test('proves its client by a secret, a certificate or an assertion', () => {
    const microsoft = `${head('office365')}${app}tenant = "contoso.com"\n`
    assert.deepEqual(accountOf(microsoft + secret), {
      user: 'u@x',
      provider: 'office365',
      clientId: 'c',
      clientSecret: { from: 'file', path: '/s' },
      tenant: 'contoso.com',
      grant: 'client_credentials',
      saslUser: {},
    })
    const certificate = 'client_certificate_file = "/c.pem"\n'
    assert.deepEqual(
      accountOf(`${microsoft}${certificate}client_key_file = "/c.key"`)?.clientCertificate,
      { path: '/c.pem', key: { from: 'file', path: '/c.key' } },
    )
    assert.deepEqual(
      accountOf(`${microsoft}${certificate}client_key_credential = "mail-key"`)?.clientCertificate,
      { path: '/c.pem', key: { from: 'credential', name: 'mail-key' } },
    )
    const assertion = accountOf(`${microsoft}client_assertion_file = "/var/run/token"`)
    assert.equal(assertion?.clientAssertionFile, '/var/run/token')
    const credential = accountOf(`${microsoft}client_secret_credential = "mail-secret"`)
    assert.deepEqual(credential?.clientSecret, { from: 'credential', name: 'mail-secret' })
  })

  test('needs no scopes and no authorization endpoint of an oidc server', () => {
    const endpoint = 'token_endpoint = "https://x/token"\n'
    const account = accountOf(`${head('oidc')}${app}${secret}${endpoint}`)
    assert.equal(account?.tokenEndpoint, 'https://x/token')
    assert.equal(account?.scopes, undefined)
  })

  test('needs proof, one organization, and a provider that knows it', () => {
    const microsoft = `${head('office365')}${app}`
    refuses([
      [`${microsoft}tenant = "t"`, '5: key "grant"', 'needs a client secret'],
      [`${microsoft}${secret}`, '5: key "grant"', 'needs one organization'],
      ...['common', 'organizations', 'consumers'].map((name): [string, string, string] => [
        `${microsoft}${secret}tenant = "${name}"`,
        '7: key "tenant"',
        'needs one organization',
      ]),
      [`${head('gmail')}${app}${secret}`, '5: key "grant"', 'is not for gmail'],
      [
        `${head('oidc')}${app}${secret}`,
        '3: key "provider"',
        'oidc needs authority or token_endpoint',
      ],
      [
        `${head('oidc')}${app}${secret}preset = "yahoo"`,
        '7: key "preset"',
        'knows no way without a sign-in',
      ],
    ])
  })

  test('has nobody to sign in', () => {
    const toml = `${head('office365')}${app}${secret}tenant = "t"\n`
    const keys = { login_hint: 'd@x', sign_in_with: 'd@x', redirect_uri: 'http://localhost' }
    refuses(
      Object.entries(keys).map(([key, value]) => [
        `${toml}${key} = "${value}"`,
        `8: key "${key}"`,
        'nobody signs in',
        'grant = "client_credentials"',
      ]),
    )
  })
})

describe('the proof of a client', () => {
  const microsoft = `${head('office365')}client_id = "c"\n`

  test('is one', () => {
    const proofs = [
      'client_secret_file = "/s"',
      'client_secret_command = ["pass"]',
      'client_secret_credential = "s"',
      'client_certificate_file = "/c"\nclient_key_file = "/k"',
      'client_assertion_file = "/a"',
    ]
    for (const [index, first] of proofs.entries()) {
      for (const second of proofs.slice(index + 1)) {
        const [other = '', key = ''] = [first, second].map((proof) => proof.split(' ')[0])
        const line = 5 + first.split('\n').length
        const toml = `${microsoft}${first}\n${second}\n`
        assertRefused(toml, `${line}: key "${key}"`, 'two proofs', { other: `"${other}"` })
      }
    }
  })

  test('by a secret is sent as an oidc server requires it', () => {
    const oidc = `${head('oidc')}client_id = "c"\npreset = "yahoo"\n`
    for (const method of ['basic', 'post']) {
      const toml = `${oidc}${secret}client_authentication = "${method}"`
      assert.equal(accountOf(toml)?.clientAuthentication, method)
    }
    refuses([
      [
        `${oidc}client_authentication = "post"`,
        '6: key "client_authentication"',
        'says how to send a secret',
      ],
      [
        `${microsoft}${secret}client_authentication = "post"`,
        '6: key "client_authentication"',
        'is for provider oidc only',
      ],
    ])
    refuses([
      [
        `${oidc}${secret}client_authentication = "none"`,
        '7: key "client_authentication"',
        'not one of them',
      ],
    ])
  })

  test('by a certificate has one key', () => {
    refuses([
      [
        `${microsoft}client_certificate_file = "/c"`,
        '5: key "client_certificate_file"',
        'needs client_key_file or client_key_credential',
      ],
      [
        `${microsoft}client_key_file = "/k"`,
        '5: key "client_key_file"',
        'requires client_certificate_file',
      ],
      [
        `${microsoft}client_certificate_file = "/c"\nclient_key_file = "/k"\nclient_key_credential = "k"`,
        '7: key "client_key_credential"',
        'cannot be combined with client_key_file',
      ],
    ])
  })

  test('by certificate or assertion is not for gmail', () => {
    const gmail = `${head('gmail')}client_id = "c"\n`
    refuses([
      [`${gmail}client_assertion_file = "/a"`, '5: key "client_assertion_file"', 'not for gmail'],
    ])
  })

  test('a credential is named, not located', () => {
    for (const name of ['a/b', '../x', '.hidden', '', 'a b']) {
      refuses([
        [
          `${microsoft}client_secret_credential = "${name}"`,
          '5: key "client_secret_credential"',
          'not a name',
        ],
      ])
    }
  })
})

describe('service_account', () => {
  const grant = 'grant = "service_account"\n'
  const file = 'service_account_file = "/key.json"\n'

  test('has its key from a file or from systemd, and no client_id', () => {
    const account = accountOf(`${head('gmail')}${grant}${file}`)
    assert.deepEqual(account?.serviceAccountKey, { from: 'file', path: '/key.json' })
    assert.equal(account?.clientId, '')
    const credential = accountOf(`${head('gmail')}${grant}service_account_credential = "google"`)
    assert.deepEqual(credential?.serviceAccountKey, { from: 'credential', name: 'google' })
  })

  test('needs its key, one, and nothing that contradicts it', () => {
    const grantOf = 'grant = "service_account"'
    refuses([
      [
        `${head('gmail')}${grant}`,
        '4: key "grant"',
        'needs service_account_file or service_account_credential',
      ],
      [
        `${head('gmail')}${grant}${file}client_id = "c"`,
        '6: key "client_id"',
        'its key says who asks',
        grantOf,
      ],
      [
        `${head('gmail')}${grant}${file}${secret}`,
        '6: key "client_secret_file"',
        'its key says who asks',
        grantOf,
      ],
      [
        `${head('gmail')}${grant}${file}service_account_credential = "g"`,
        '6: key "service_account_credential"',
        'cannot be combined with service_account_file',
      ],
      [`${head('office365')}${grant}${file}`, '4: key "grant"', 'is for provider gmail only'],
      [
        `${head('gmail')}client_id = "c"\n${secret}${file}`,
        '6: key "service_account_file"',
        'requires grant service_account',
      ],
      [
        `${head('gmail')}${grant}${file}login_hint = "x"`,
        '6: key "login_hint"',
        'cannot be combined with grant service_account',
      ],
    ])
  })
})

test('every other grant needs client_id', () => {
  refuses([[head('office365'), '1: key "client_id"', 'is missing']])
})

describe('sign_in_with', () => {
  const owner = `${head('office365', 'owner@x')}client_id = "c"\n`
  const shared = (keys = '') =>
    `${head('office365', 'shared@x')}client_id = "c"\nsign_in_with = "owner@x"\n${keys}`

  test('names an account at the same client, before or after it', () => {
    for (const toml of [owner + shared(), shared() + owner]) {
      const found = loadText(toml).accounts.find(({ user }) => user === 'shared@x')
      assert.equal(found?.signInWith, 'owner@x')
    }
  })

  test('names one that there is, which signs in itself', () => {
    const chain = `${head('office365', 'third@x')}client_id = "c"\nsign_in_with = "shared@x"\n`
    const appOnly = `${owner}grant = "client_credentials"\n${secret}tenant = "t"\n`
    refuses([
      [shared(), '5: key "sign_in_with"', 'no such account', '"owner@x"'],
      [
        `${head('office365', 'owner@x')}client_id = "c"\nsign_in_with = "owner@x"\n`,
        '5: key "sign_in_with"',
        'this account',
        '"owner@x"',
      ],
      [owner + shared() + chain, '14: key "sign_in_with"', 'a chain', '"shared@x"'],
      [appOnly + shared('tenant = "t"'), '12: key "sign_in_with"', 'no sign-in', '"owner@x"'],
    ])
  })

  test('requires the same provider, client and tenant in both', () => {
    const oidc = `${head('oidc', 'owner@x')}client_id = "c"\nauthority = "https://x"\nscopes = ["m"]\n`
    const otherClient = shared().replace('client_id = "c"', 'client_id = "d"')
    refuses([
      [oidc + shared(), '11: key "sign_in_with"', 'differs', 'another provider'],
      [owner + otherClient, '9: key "sign_in_with"', 'differs', 'another client_id'],
      [owner + shared('tenant = "t"'), '9: key "sign_in_with"', 'differs', 'another tenant'],
      [owner + shared('cloud = "china"'), '9: key "sign_in_with"', 'differs', 'another cloud'],
      [
        owner + shared('authority = "https://x"'),
        '9: key "sign_in_with"',
        'differs',
        'another authority',
      ],
      [
        owner + shared('login_hint = "a@x"'),
        '10: key "login_hint"',
        'cannot be combined with sign_in_with',
      ],
    ])
  })
})

test('a token file never takes the place of a file that proves a client', () => {
  const proof = 'client_certificate_file = "/c.pem"\nclient_key_file = "/c.key"\n'
  for (const path of ['/c.pem', '/c.key']) {
    const tokenFile = `[[token_file]]\npath = "${path}"\naccount = "u@x"\nformat = "token"\n`
    const toml = `${head('office365')}client_id = "c"\n${proof}${tokenFile}`
    assertRefused(toml, '8: key "path"', 'used for something else', { path })
  }
})
