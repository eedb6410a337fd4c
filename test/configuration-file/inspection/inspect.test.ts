/** Everything that a configuration names, in order and out of order, each fault by its own row. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { inspect } from '../../../src/configuration-file/inspection/inspect.ts'
import { loadConfiguration } from '../../../src/configuration-file/load.ts'
import { assertFinding } from '../../support/golden.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'

// Of root, the group of a file is whom root gave it to.
const change = process.getuid?.() === 0 ? 'g-w,o=' : 'go='

const guid = '11111111-2222-3333-4444-555555555555'
const googleId = '1-a.apps.googleusercontent.com'

interface World {
  directory: string
  env: NodeJS.ProcessEnv
}

/** What is found, the directory by a name. */
async function found(t: TestContext, toml: (world: World) => string, env: NodeJS.ProcessEnv = {}) {
  const directory = temporaryDirectory(t)
  const world: World = {
    directory,
    env: {
      PATH: '/usr/bin:/bin',
      XDG_RUNTIME_DIR: join(directory, 'run'),
      STATE_DIRECTORY: `${directory}/state:${directory}/key`,
      ...env,
    },
  }
  for (const [name, value] of Object.entries(world.env)) {
    world.env[name] = value?.replaceAll('DIR', directory)
  }
  const file = join(directory, 'config.toml')
  writeFileSync(file, toml(world), { mode: 0o600 })
  const findings = await inspect(loadConfiguration({ file, env: world.env }), world.env)
  return findings.map((finding) => ({
    ...finding,
    text: finding.text.replaceAll(directory, 'DIR'),
    hint: finding.hint?.replaceAll(directory, 'DIR'),
  }))
}

function office365(keys = '', clientId = guid, user = 'u@contoso.com'): string {
  return `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "${clientId}"\n${keys}`
}

function gmail(keys = '', clientId = googleId): string {
  return `[[account]]\nuser = "u@gmail.com"\nprovider = "gmail"\nclient_id = "${clientId}"\nclient_secret = "GOCSPX-x"\n${keys}`
}

function preset(name: string, keys = ''): string {
  return `[[account]]\nuser = "u@contoso.com"\nprovider = "oidc"\npreset = "${name}"\nclient_id = "c1"\n${keys}`
}

describe('nothing is found', () => {
  const good: [name: string, toml: string][] = [
    ['of an account of Microsoft', office365()],
    ['of one at an organization', office365('tenant = "contoso.com"\n')],
    ['of a personal one', office365('tenant = "consumers"\n', guid, 'u@outlook.com')],
    ['of one at a server of its own', office365('authority = "https://localhost:1"\n', 'c')],
    ['of Google', gmail()],
    ['of a preset with scopes of its own', preset('zoho', 'scopes = ["mail"]\n')],
    ['of a program in PATH', `${office365()}[notify]\ncommand = ["true"]\n`],
    ['of a program by its path', `${office365()}[notify]\ncommand = ["/bin/true", "x"]\n`],
  ]
  for (const [name, toml] of good) {
    test(name, async (t) => assert.deepEqual(await found(t, () => toml), []))
  }
})

const faults: [
  name: string,
  toml: string,
  level: string,
  named: string[],
  env?: NodeJS.ProcessEnv,
][] = [
  ['a client_id with a blank', office365('', `${guid} `), 'failure', ['u@contoso.com']],
  [
    'a client_id that is none of Microsoft',
    office365('', 'my-application'),
    'failure',
    ['u@contoso.com'],
  ],
  [
    'a client_id from an example',
    office365('', '00000000-0000-0000-0000-000000000000'),
    'failure',
    ['u@contoso.com'],
  ],
  ['a client_id that is none of Google', gmail('', guid), 'failure', ['u@gmail.com']],
  ['a misspelt tenant', office365('tenant = "comon"\n'), 'failure', ['u@contoso.com', 'comon']],
  [
    'a tenant from an example',
    office365('tenant = "00000000-0000-0000-0000-000000000000"\n'),
    'failure',
    ['u@contoso.com'],
  ],
  [
    'a tenant that is the client_id',
    office365(`tenant = "${guid}"\n`),
    'failure',
    ['u@contoso.com'],
  ],
  [
    'the address of a service account',
    gmail('', googleId).replace('u@gmail.com', 'robot@project.iam.gserviceaccount.com'),
    'failure',
    ['robot@project.iam.gserviceaccount.com'],
  ],
  [
    'a path in the place of a secret',
    gmail('').replace('GOCSPX-x', '/etc/cms-oauth/client.json'),
    'warning',
    ['u@gmail.com'],
  ],
  [
    'scopes of a person for an application on its own',
    office365(
      'tenant = "contoso.com"\ngrant = "client_credentials"\nclient_secret = "x~1"\nscopes = ["https://outlook.office365.com/.default", "https://outlook.office365.com/IMAP.AccessAsUser.All"]\n',
    ),
    'failure',
    ['u@contoso.com', 'https://outlook.office365.com/IMAP.AccessAsUser.All'],
  ],
  [
    'a personal account in an organization',
    office365('tenant = "organizations"\n', guid, 'u@hotmail.com'),
    'warning',
    ['u@hotmail.com', 'organizations'],
  ],
  [
    'scopes of Graph',
    office365('scopes = ["https://graph.microsoft.com/Mail.Send"]\n'),
    'failure',
    ['https://graph.microsoft.com/Mail.Send', 'u@contoso.com'],
  ],
  [
    'scopes that a socket needs, and that are not there',
    office365('scopes = ["https://outlook.office.com/IMAP.AccessAsUser.All"]\n'),
    'warning',
    ['u@contoso.com'],
  ],
  [
    'the scope of Gmail that admits no SMTP',
    gmail('scopes = ["https://www.googleapis.com/auth/gmail.send"]\n'),
    'failure',
    ['u@gmail.com', 'https://mail.google.com/'],
  ],
  [
    'a redirect_uri that Microsoft takes only from the manifest',
    office365('redirect_uri = "http://127.0.0.1:8080"\n'),
    'warning',
    ['http://127.0.0.1:8080', 'u@contoso.com'],
  ],
  [
    'a login_hint that is not an address',
    office365('login_hint = "CONTOSO\\\\u"\n'),
    'warning',
    ['u@contoso.com'],
  ],
  [
    'an address of another provider',
    office365('', guid, 'u@gmail.com'),
    'warning',
    ['u@gmail.com'],
  ],
  [
    'an address whose provider does not offer OAuth',
    office365('', guid, 'u@gmx.net'),
    'warning',
    ['u@gmx.net', 'GMX'],
  ],
  [
    'an account that is served only for what its provider does not offer',
    preset('zoho'),
    'failure',
    ['u@contoso.com'],
  ],
  [
    'an account that is served also for what its provider does not offer',
    `${preset('yandex')}[[socket]]\nprotocols = ["IMAP", "POP"]\n`,
    'warning',
    ['u@contoso.com'],
  ],
  [
    'a secret file that is not there',
    office365('client_secret_file = "/nowhere/secret"\n'),
    'failure',
    ['/nowhere/secret'],
  ],
  [
    "a secret's ID in place of the secret",
    office365(`client_secret = "${guid}"\n`),
    'warning',
    ['u@contoso.com'],
  ],
  [
    'a credential outside systemd',
    office365('client_secret_credential = "mail"\n'),
    'warning',
    ['"mail"'],
  ],
  [
    'a certificate that is not there',
    office365('client_certificate_file = "/nowhere/c"\nclient_key_file = "/nowhere/k"\n'),
    'failure',
    ['/nowhere/c'],
  ],
  [
    'a [notify] program that is not there',
    `${office365()}[notify]\ncommand = ["notify-sendd", "x"]\n`,
    'failure',
    ['notify-sendd'],
  ],
  [
    'a [notify] program that is not one',
    `${office365()}[notify]\ncommand = ["/etc/passwd"]\n`,
    'failure',
    ['/etc/passwd'],
  ],
  [
    'a program with a "~"',
    office365('client_secret_command = ["~/bin/secret"]\n'),
    'failure',
    ['u@contoso.com', '~/bin/secret'],
  ],
  [
    'a group that nobody has',
    `${office365()}[[socket]]\ngroup = "no-such-group"\n`,
    'failure',
    ['no-such-group'],
  ],
  [
    'a user in allow that nobody is',
    `${office365()}[[socket]]\nallow = { users = ["no-such-user"] }\n`,
    'failure',
    ['no-such-user'],
  ],
  [
    'a user in allow of a bridge that nobody is',
    `${office365()}[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["u@contoso.com"]\ncaller = ["peer"]\nallow = { users = ["no-such-user"] }\n`,
    'failure',
    ['no-such-user'],
  ],
  [
    'something else where a socket of a bridge is to be',
    `${office365()}[[bridge]]\nprotocol = "SMTP"\nlisten = "/etc/passwd"\naccounts = ["u@contoso.com"]\n`,
    'failure',
    ['/etc/passwd'],
  ],
  [
    'something else where an outbox is to listen',
    `${office365()}[[outbox]]\naccount = "u@contoso.com"\nvia = "smtp"\nlisten = "/etc/passwd"\n`,
    'failure',
    ['/etc/passwd'],
  ],
  [
    'a directory of a token file that is not there',
    `${office365()}[[token_file]]\npath = "/nowhere/t"\naccount = "u@contoso.com"\nformat = "token"\n`,
    'failure',
    ['/nowhere'],
  ],
  [
    'a directory of a metrics file that is not there',
    `${office365()}[metrics]\ntextfile = "/nowhere/t.prom"\n`,
    'failure',
    ['/nowhere'],
  ],
  [
    'something else where a socket is to be',
    `${office365()}[[socket]]\npath = "/etc/passwd"\n`,
    'failure',
    ['/etc/passwd'],
  ],
  [
    'a proxy that is none',
    office365(),
    'failure',
    ['ALL_PROXY'],
    { ALL_PROXY: 'socks5://localhost:1' },
  ],
  [
    'certificate authorities that are not there',
    office365(),
    'failure',
    ['/nowhere/ca.pem'],
    { CMS_OAUTH_EXTRA_CA: '/nowhere/ca.pem' },
  ],
  [
    'certificate authorities that are none',
    office365(),
    'failure',
    ['/etc/passwd'],
    { NODE_EXTRA_CA_CERTS: '/etc/passwd' },
  ],
]

describe('found is', () => {
  for (const [name, toml, level, [first, second], env] of faults) {
    test(name, async (t) => {
      const [finding, ...more] = await found(t, () => toml, env)
      assertFinding(finding, level, name, { first, ...(second && { second }) })
      assert.deepEqual(more, [])
    })
  }

  test('a secret file that others may read', async (t) => {
    const told = await found(t, ({ directory }) => {
      const path = join(directory, 'secret')
      writeFileSync(path, 'x', { mode: 0o600 })
      chmodSync(path, 0o644)
      return office365(`client_secret_file = "${path}"\n`)
    })
    assertFinding(told[0], 'failure', 'others may open a secret', { path: 'DIR/secret', change })
    assert.equal(told.length, 1)
  })

  test('a directory that others may write', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'open'))
      chmodSync(join(directory, 'open'), 0o777)
      return `${office365()}[[socket]]\npath = "${directory}/open/cms.sock"\n`
    })
    assertFinding(told[0], 'failure', 'everybody may write a directory', { path: 'DIR/open' })
    assert.equal(told.length, 1)
  })

  test('a key that others may read', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'key'))
      writeFileSync(join(directory, 'key', 'store.key'), 'x')
      chmodSync(join(directory, 'key', 'store.key'), 0o644)
      return office365()
    })
    assertFinding(told[0], 'failure', 'others may open the key', {
      path: 'DIR/key/store.key',
      change,
    })
    assert.equal(told.length, 1)
  })

  test('a key that is a symbolic link: a start refuses it too', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'key'))
      writeFileSync(join(directory, 'real'), 'x', { mode: 0o600 })
      symlinkSync(join(directory, 'real'), join(directory, 'key', 'store.key'))
      return office365()
    })
    assertFinding(told[0], 'failure', 'the key is a symbolic link', { path: 'DIR/key/store.key' })
    assert.equal(told.length, 1)
  })

  test('a key credential that systemd has not provided', async (t) => {
    const env = { CREDENTIALS_DIRECTORY: 'DIR' }
    const told = await found(t, () => `${office365()}[store]\nkey = "credential"\n`, env)
    assertFinding(told[0], 'failure', 'a credential of the key is not there', {
      path: 'DIR/store-key',
    })
    assert.equal(told.length, 1)
  })

  test('a key in a directory that its group may write', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'key'))
      writeFileSync(join(directory, 'key', 'store.key'), 'x', { mode: 0o600 })
      chmodSync(join(directory, 'key'), 0o770)
      return office365()
    })
    assertFinding(told[0], 'failure', 'a group may write the directory', { path: 'DIR/key' })
    assert.equal(told.length, 1)
  })

  test('a program that others may change', async (t) => {
    const told = await found(t, ({ directory }) => {
      const path = join(directory, 'notify')
      writeFileSync(path, '#!/bin/sh\n')
      chmodSync(path, 0o775)
      return `${office365()}[notify]\ncommand = ["${path}"]\n`
    })
    assertFinding(told[0], 'warning', 'others may write a program', { path: 'DIR/notify' })
    assert.equal(told.length, 1)
  })
})
