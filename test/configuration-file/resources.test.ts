/** `resources` of an [[account]]: tokens for something else than mail, by the same sign-in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, assertRefused, loadText } from './load-text.ts'

const graph = 'resources = { GRAPH = ["https://graph.microsoft.com/Mail.Send"] }\n'
const socket = '[[socket]]\npath = "/s"\nprotocols = ["IMAP", "GRAPH"]\n'

test('a resource is an account of its own that uses the same sign-in', () => {
  const { accounts, sockets } = loadText(`${account}${graph}${socket}`)
  const [mail, resource] = accounts
  assert.equal(accounts.length, 2)
  assert.equal(resource?.user, `GRAPH:${mail?.user}`)
  assert.equal(resource?.signInWith, mail?.user)
  assert.deepEqual(resource?.resource, { name: 'GRAPH', user: mail?.user })
  assert.deepEqual(resource?.scopes, ['https://graph.microsoft.com/Mail.Send'])
  assert.equal(mail?.resource, undefined)
  assert.ok(mail !== undefined && !('resources' in mail))
  assert.deepEqual(sockets[0]?.protocols, ['IMAP'])
  assert.deepEqual(sockets[0]?.resources, ['GRAPH'])
})

test('of an account without a sign-in it has none either', () => {
  const { accounts } = loadText(
    `${account}grant = "client_credentials"\ntenant = "contoso.com"\nclient_secret = "s"\n${graph}${socket}`,
  )
  assert.deepEqual(
    [accounts[1]?.signInWith, accounts[1]?.loginHint],
    [undefined, accounts[0]?.user],
  )
})

for (const [name, text] of Object.entries({
  'a protocol of mail': 'resources = { SMTP = ["s"] }\n',
  'small letters': 'resources = { graph = ["s"] }\n',
  'a name of 33 characters': `resources = { ${'G'.repeat(33)} = ["s"] }\n`,
  'a comma': 'resources = { "A,B" = ["s"] }\n',
  'no scopes': 'resources = { GRAPH = [] }\n',
  'a scope with a blank': 'resources = { GRAPH = ["a b"] }\n',
})) {
  test(`${name} is refused`, () => {
    const key = /no scopes|blank/.test(name) ? 'GRAPH' : 'resources'
    assertRefused(`${account}${text}`, `5: key "${key}"`, name)
  })
}

test('a socket that names what no account has is refused', () => {
  assertRefused(`${account}${socket}`, '7: key "protocols"', 'unknown')
})

test('a map serves mail alone', () => {
  const map = '[[socket]]\nprotocols = ["GRAPH"]\nreply = "socketmap"\n'
  assertRefused(`${account}${graph}${map}`, '7: key "protocols"', 'map')
})
