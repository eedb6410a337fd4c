/** Everything that a configuration names, in order and out of order, each fault by its own row. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { inspect } from '../../../src/configuration-file/inspection/inspect.ts'
import { loadConfiguration } from '../../../src/configuration-file/load.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'

const guid = '11111111-2222-3333-4444-555555555555'
const googleId = '1-a.apps.googleusercontent.com'

interface World {
  directory: string
  env: NodeJS.ProcessEnv
}

/** Level and text of what is found, the directory by a name. */
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
  return findings.map(({ level, text }) => `${level}: ${text.replaceAll(directory, 'DIR')}`)
}

function office365(keys = '', clientId = guid, user = 'u@contoso.com'): string {
  return `[[account]]\nuser = "${user}"\nprovider = "office365"\nclient_id = "${clientId}"\n${keys}`
}

function gmail(keys = '', clientId = googleId): string {
  return `[[account]]\nuser = "u@gmail.com"\nprovider = "gmail"\nclient_id = "${clientId}"\nclient_secret = "GOCSPX-x"\n${keys}`
}

describe('nothing is found', () => {
  const good: [name: string, toml: string][] = [
    ['of an account of Microsoft', office365()],
    ['of one at an organization', office365('tenant = "contoso.com"\n')],
    ['of a personal one', office365('tenant = "consumers"\n', guid, 'u@outlook.com')],
    ['of one at a server of its own', office365('authority = "https://localhost:1"\n', 'c')],
    ['of Google', gmail()],
    ['of a program in PATH', `${office365()}[notify]\ncommand = ["true"]\n`],
    ['of a program by its path', `${office365()}[notify]\ncommand = ["/bin/true", "x"]\n`],
  ]
  for (const [name, toml] of good) {
    test(name, async (t) => assert.deepEqual(await found(t, () => toml), []))
  }
})

const faults: [name: string, toml: string, expected: string, env?: NodeJS.ProcessEnv][] = [
  [
    'a client_id with a blank',
    office365('', `${guid} `),
    'failure: the client_id of "u@contoso.com" has a blank in it',
  ],
  [
    'a client_id that is none of Microsoft',
    office365('', 'my-application'),
    'failure: the client_id of "u@contoso.com" is not an application ID of Microsoft, which has 32 digits in five groups',
  ],
  [
    'a client_id from an example',
    office365('', '00000000-0000-0000-0000-000000000000'),
    'failure: the client_id of "u@contoso.com" is the placeholder of an example',
  ],
  [
    'a client_id that is none of Google',
    gmail('', guid),
    'failure: the client_id of "u@gmail.com" is not a client ID of Google, which ends in ".apps.googleusercontent.com"',
  ],
  [
    'a misspelt tenant',
    office365('tenant = "comon"\n'),
    'failure: the tenant of "u@contoso.com", "comon", is neither an ID nor a domain',
  ],
  [
    'a personal account in an organization',
    office365('tenant = "organizations"\n', guid, 'u@hotmail.com'),
    'warning: "u@hotmail.com" looks like a personal account, which has no place in the tenant "organizations"',
  ],
  [
    'scopes of Graph',
    office365('scopes = ["https://graph.microsoft.com/Mail.Send"]\n'),
    'failure: the scope "https://graph.microsoft.com/Mail.Send" of "u@contoso.com" is not one of Outlook, and gives no token for mail servers',
  ],
  [
    'scopes that a socket needs, and that are not there',
    office365('scopes = ["https://outlook.office.com/IMAP.AccessAsUser.All"]\n'),
    'warning: "u@contoso.com" is served for SMTP, and its scopes have no SMTP.Send',
  ],
  [
    'the scope of Gmail that admits no SMTP',
    gmail('scopes = ["https://www.googleapis.com/auth/gmail.send"]\n'),
    'failure: the scopes of "u@gmail.com" lack "https://mail.google.com/", the only one that admits SMTP, IMAP and POP',
  ],
  [
    'a redirect_uri that Microsoft takes only from the manifest',
    office365('redirect_uri = "http://127.0.0.1:8080"\n'),
    'warning: Microsoft takes the redirect_uri "http://127.0.0.1:8080" of "u@contoso.com" only as it stands in the manifest, port included',
  ],
  [
    'a login_hint that is no address',
    office365('login_hint = "CONTOSO\\\\u"\n'),
    'warning: the login_hint of "u@contoso.com" is not an address',
  ],
  [
    'an address of another provider',
    office365('', guid, 'u@gmail.com'),
    'warning: "u@gmail.com" is not an address of office365',
  ],
  [
    'a secret file that is not there',
    office365('client_secret_file = "/nowhere/secret"\n'),
    'failure: the client secret "/nowhere/secret" cannot be read: ENOENT (no such file or directory)',
  ],
  [
    "a secret's ID in place of the secret",
    office365(`client_secret = "${guid}"\n`),
    'warning: the client secret of "u@contoso.com" looks like the ID of a secret, not its value',
  ],
  [
    'a credential outside systemd',
    office365('client_secret_credential = "mail"\n'),
    'warning: the credential "mail" is there under systemd only, and was not checked',
  ],
  [
    'a certificate that is not there',
    office365('client_certificate_file = "/nowhere/c"\nclient_key_file = "/nowhere/k"\n'),
    'failure: the client certificate "/nowhere/c" cannot be read: ENOENT (no such file or directory)',
  ],
  [
    'a [notify] program that is not there',
    `${office365()}[notify]\ncommand = ["notify-sendd", "x"]\n`,
    'failure: [notify] command names the program "notify-sendd", which is not in PATH (/usr/bin:/bin)',
  ],
  [
    'a [notify] program that is not one',
    `${office365()}[notify]\ncommand = ["/etc/passwd"]\n`,
    'failure: [notify] command names the program "/etc/passwd", which may not be run by this user (EACCES)',
  ],
  [
    'a program with a "~"',
    office365('client_secret_command = ["~/bin/secret"]\n'),
    'failure: client_secret_command of "u@contoso.com" names the program "~/bin/secret", which begins with "~", which only a shell understands',
  ],
  [
    'a group that nobody has',
    `${office365()}[[socket]]\ngroup = "no-such-group"\n`,
    'failure: group = "no-such-group": this system does not know that name',
  ],
  [
    'a user in allow that nobody is',
    `${office365()}[[socket]]\nallow = { users = ["no-such-user"] }\n`,
    'failure: "allow" names the user "no-such-user", which this system does not know',
  ],
  [
    'a directory of a token file that is not there',
    `${office365()}[[token_file]]\npath = "/nowhere/t"\naccount = "u@contoso.com"\nformat = "token"\n`,
    'failure: /nowhere/t: the directory "/nowhere" is not there',
  ],
  [
    'something else where a socket is to be',
    `${office365()}[[socket]]\npath = "/etc/passwd"\n`,
    'failure: /etc/passwd: something else is there',
  ],
  [
    'a proxy that is none',
    office365(),
    'failure: ALL_PROXY names a SOCKS proxy, and only HTTP proxies are spoken to',
    { ALL_PROXY: 'socks5://localhost:1' },
  ],
  [
    'certificate authorities that are not there',
    office365(),
    'failure: NODE_EXTRA_CA_CERTS names "/nowhere/ca.pem", which cannot be read: ENOENT',
    { CMS_OAUTH_EXTRA_CA: '/nowhere/ca.pem' },
  ],
  [
    'certificate authorities that are none',
    office365(),
    'failure: NODE_EXTRA_CA_CERTS names "/etc/passwd", which holds no certificate in PEM',
    { NODE_EXTRA_CA_CERTS: '/etc/passwd' },
  ],
]

describe('found is', () => {
  for (const [name, toml, expected, env] of faults) {
    test(name, async (t) => assert.deepEqual(await found(t, () => toml, env), [expected]))
  }

  test('a secret file that others may read', async (t) => {
    const told = await found(t, ({ directory }) => {
      const path = join(directory, 'secret')
      writeFileSync(path, 'x', { mode: 0o600 })
      chmodSync(path, 0o644)
      return office365(`client_secret_file = "${path}"\n`)
    })
    assert.deepEqual(told, ['failure: others may open the client secret "DIR/secret"'])
  })

  test('a directory that others may write', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'open'))
      chmodSync(join(directory, 'open'), 0o777)
      return `${office365()}[[socket]]\npath = "${directory}/open/cms.sock"\n`
    })
    assert.deepEqual(told, ['failure: everybody may write the directory "DIR/open"'])
  })

  test('a key that others may read', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'key'))
      writeFileSync(join(directory, 'key', 'store.key'), 'x')
      chmodSync(join(directory, 'key', 'store.key'), 0o644)
      return office365()
    })
    assert.deepEqual(told, [`failure: others may open the store's key "DIR/key/store.key"`])
  })

  test('a key that is a symbolic link: a start refuses it too', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'key'))
      writeFileSync(join(directory, 'real'), 'x', { mode: 0o600 })
      symlinkSync(join(directory, 'real'), join(directory, 'key', 'store.key'))
      return office365()
    })
    assert.deepEqual(told, [
      `failure: the store's key "DIR/key/store.key" is a symbolic link, which is not followed`,
    ])
  })

  test('a key in a directory that its group may write', async (t) => {
    const told = await found(t, ({ directory }) => {
      mkdirSync(join(directory, 'key'))
      writeFileSync(join(directory, 'key', 'store.key'), 'x', { mode: 0o600 })
      chmodSync(join(directory, 'key'), 0o770)
      return office365()
    })
    assert.deepEqual(told, ['failure: others may write the directory "DIR/key"'])
  })

  test('a program that others may change', async (t) => {
    const told = await found(t, ({ directory }) => {
      const path = join(directory, 'notify')
      writeFileSync(path, '#!/bin/sh\n')
      chmodSync(path, 0o775)
      return `${office365()}[notify]\ncommand = ["${path}"]\n`
    })
    assert.deepEqual(told, ['warning: [notify] command: others may write the program "DIR/notify"'])
  })
})
