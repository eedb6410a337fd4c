/** One account for an outbox by an API and for programs: what mixes, what only sends, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Accounts } from '../../src/accounts/accounts.ts'
import { accountFindings } from '../../src/configuration-file/inspection/account-values.ts'
import { inspect } from '../../src/configuration-file/inspection/inspect.ts'
import type { Configuration } from '../../src/configuration/configuration.ts'
import { clouds } from '../../src/provider-facts/microsoft.ts'
import { assertRefused, loadText } from './load-text.ts'

const guid = '01234567-89ab-4def-8123-456789abcdef'
const office = `[[account]]\nuser = "o@x"\nprovider = "office365"\nclient_id = "${guid}"\n`
const gmail =
  '[[account]]\nuser = "o@x"\nprovider = "gmail"\nclient_id = "c"\nclient_secret = "s"\n'
const appOnly = 'grant = "client_credentials"\ntenant = "x.com"\nclient_secret = "s"\n'
const outbox = '[[outbox]]\naccount = "o@x"\naliases = { root = "me@y" }\n'

function other(keys: string): string {
  return `[[account]]\nuser = "p@x"\nprovider = "office365"\nclient_id = "${guid}"\n${keys}`
}

/** What programs use the account by. */
const uses: Record<string, string> = {
  'a socket': '[[socket]]\naccounts = ["o@x"]\nprotocols = ["SMTP"]\n',
  'a token file':
    '[[token_file]]\npath = "/t"\naccount = "o@x"\nprotocol = "SMTP"\nformat = "token"\n',
  'a bridge':
    '[[bridge]]\nname = "b"\nprotocol = "SMTP"\nlisten = "127.0.0.1:1587"\naccounts = ["o@x"]\n',
  'an outbox by SMTP':
    '[[outbox]]\nname = "two"\npath = "/run/two"\naccount = "o@x"\nvia = "smtp"\naliases = { root = "me@y" }\n',
}
const resource = 'resources = { CALENDAR = ["https://graph.microsoft.com/Calendars.Read"] }\n'

const graphScope = 'https://graph.microsoft.com/Mail.Send'
const smtpScope = 'https://outlook.office.com/SMTP.Send'

function created(configuration: Configuration) {
  const accounts = Accounts.from(configuration)
  return { mail: accounts.find('o@x'), sender: accounts.find('outbox:o@x') }
}

const mixed: Record<string, string> = {
  ...Object.fromEntries(Object.entries(uses).map(([name, use]) => [name, office + use])),
  'a resource': office + resource,
}
for (const [name, toml] of Object.entries(mixed)) {
  test(`${name} and an outbox by graph have tokens of their own by one sign-in of Office365`, () => {
    const configuration = loadText(toml + outbox)
    const { mail, sender } = created(configuration)
    assert.deepEqual([mail?.scopes, mail?.sendsBy], [[smtpScope], undefined])
    assert.deepEqual([sender?.scopes, sender?.sendsBy], [[graphScope], 'graph'])
    assert.deepEqual([sender?.signInWith, sender?.loginHint], ['o@x', 'o@x'])
    assert.ok(mail?.consentScopes?.includes(graphScope))
    assert.equal(mail?.isSentWith, true)
    const { account, tokensOf, rules } = configuration.outboxes.at(-1) ?? assert.fail()
    assert.deepEqual([account, tokensOf, rules.from], ['o@x', 'outbox:o@x', 'o@x'])
  })

  test(`the inspection of ${name} beside an outbox by graph finds nothing wrong with the account`, async () => {
    const findings = await inspect(loadText(toml + outbox), {})
    assert.deepEqual(
      findings.filter(({ user }) => user !== undefined),
      [],
    )
  })
}

for (const [cloud, { resource: outlook, appResource, graph }] of Object.entries(clouds)) {
  test(`in the cloud ${cloud} each token is for its own resource, with a sign-in and without`, () => {
    const keys = `cloud = "${cloud}"\n`
    const use = uses['a socket'] + outbox
    const { mail, sender } = created(loadText(office + keys + use))
    assert.deepEqual(mail?.scopes, [`${outlook}/SMTP.Send`])
    assert.deepEqual(sender?.scopes, [`${graph}/Mail.Send`])
    const app = created(loadText(office + keys + appOnly + use))
    assert.deepEqual(app.mail?.scopes, [`${appResource}/.default`])
    assert.deepEqual(app.sender?.scopes, [`${graph}/.default`])
    assert.deepEqual([app.sender?.signInWith, app.mail?.consentScopes], [undefined, undefined])
    assert.deepEqual(
      [app.sender?.clientId, app.sender?.clientSecret],
      [app.mail?.clientId, app.mail?.clientSecret],
    )
  })
}

test('what the scopes of the account say is for programs', () => {
  const scopes = `scopes = ["${smtpScope}"]\n`
  const configuration = loadText(office + scopes + uses['a socket'] + outbox)
  const { mail, sender } = created(configuration)
  assert.deepEqual([mail?.scopes, sender?.scopes], [[smtpScope], [graphScope]])
  const findings = configuration.accounts.flatMap((each) => accountFindings(each, configuration))
  assert.deepEqual(findings, [])
})

test('an account that nothing else names only sends, and a socket for all leaves it out', () => {
  const configuration = loadText(office + other('') + outbox)
  const { mail, sender } = created(configuration)
  assert.deepEqual([mail?.scopes, mail?.sendsBy, sender], [[graphScope], 'graph', undefined])
  assert.deepEqual(configuration.sockets[0]?.accounts, ['p@x'])
})

test('who uses the sign-in of an account that only sends has tokens of their own', () => {
  const configuration = loadText(office + other('sign_in_with = "o@x"\n') + outbox)
  const { mail } = created(configuration)
  assert.deepEqual([mail?.scopes, mail?.sendsBy], [[graphScope], 'graph'])
  assert.deepEqual(mail?.consentScopes, [graphScope, smtpScope])
  assert.deepEqual(configuration.sockets[0]?.accounts, ['p@x'])
})

test('two outboxes of one account send with one token', () => {
  const two = outbox.replace('[[outbox]]', '[[outbox]]\nname = "two"\npath = "/run/two"')
  const { accounts, outboxes } = loadText(office + uses['a socket'] + outbox + two)
  assert.equal(accounts.length, 2)
  assert.deepEqual(
    outboxes.map(({ tokensOf }) => tokensOf),
    ['outbox:o@x', 'outbox:o@x'],
  )
})

/** The line of "account" in the outbox is the last but one. */
function lineOf(toml: string): number {
  return toml.split('\n').length - 2
}

for (const [name, use] of Object.entries(uses)) {
  test(`${name} and an outbox by gmail-api are refused: one token of Google carries all`, () => {
    const toml = gmail + use + outbox
    assertRefused(toml, `${lineOf(toml)}: key "account"`, `gmail, ${name}`)
  })
}

for (const [name, keys] of Object.entries({
  'whose sign-in another one uses': ['', 'sign_in_with = "o@x"\n'],
  'that uses the sign-in of another one': ['sign_in_with = "p@x"\n', ''],
})) {
  test(`an account of Google ${name} sends by no API`, () => {
    const [own, others] = keys
    const toml = gmail.replace('o@x', 'p@x') + others + gmail + own + outbox
    assertRefused(toml, `${lineOf(toml)}: key "account"`, `gmail, ${name}`)
  })
}

test('an account that uses the sign-in of another one sends by no API', () => {
  const toml = other('') + office + 'sign_in_with = "p@x"\n' + (uses['a socket'] ?? '') + outbox
  assertRefused(toml, `${lineOf(toml)}: key "account"`, 'office365, sign_in_with')
})

const naming: Record<string, [toml: string, place: string]> = {
  'a socket': ['[[socket]]\npath = "/s"\naccounts = ["outbox:o@x"]\n', 'accounts'],
  'a token file': [
    '[[token_file]]\npath = "/u"\naccount = "outbox:o@x"\nprotocol = "SMTP"\nformat = "token"\n',
    'account',
  ],
  'a bridge': [
    '[[bridge]]\nprotocol = "SMTP"\nlisten = "127.0.0.1:1588"\naccounts = ["outbox:o@x"]\n',
    'accounts',
  ],
  'an outbox': ['[[outbox]]\nname = "two"\npath = "/run/two"\naccount = "outbox:o@x"\n', 'account'],
}
for (const app of ['', appOnly]) {
  for (const [name, [toml, key]] of Object.entries(naming)) {
    test(`${name} cannot name who sends${app && ' without a sign-in'}`, () => {
      const before = office + app + uses['a socket'] + outbox
      const line = before.split('\n').length + toml.split('\n').findIndex((l) => l.startsWith(key))
      assertRefused(before + toml, `${line}: key "${key}"`, `${name} names it${app && ', app'}`)
    })
  }
}
