/** Every preset, from the list: a new one is tested by being in it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Accounts } from '../../src/accounts/accounts.ts'
import { permissionWords } from '../../src/accounts/scope-words.ts'
import { serverFor } from '../../src/client/doctor/login-check.ts'
import { isMailServer } from '../../src/client/is-mail-server.ts'
import { serviceOf } from '../../src/client/service-of.ts'
import {
  findService,
  mailServices,
  serviceOfAddress,
} from '../../src/provider-facts/mail-services.ts'
import { type PresetName, presets } from '../../src/provider-facts/providers.ts'
import { protocols } from '../../src/sasl/output-format.ts'
import { loadText } from '../configuration-file/load-text.ts'
import { createHome, runProgram } from '../support/daemon.ts'

const root = join(import.meta.dirname, '..', '..')
const names = Object.keys(presets) as PresetName[]

/** The smallest configuration of a preset, with a socket for every protocol. */
function tomlOf(name: PresetName): string {
  const account = `user = "me@example.com"\nprovider = "oidc"\npreset = "${name}"\nclient_id = "c"\n`
  return `[[account]]\n${account}[[socket]]\nprotocols = ${JSON.stringify(protocols)}\n`
}

test('--check accepts every preset in its smallest configuration', async (t) => {
  const home = await createHome()
  t.after(() => home.remove())
  const accounts = names.map((name) => {
    return `[[account]]\nuser = "${name}@example.com"\nprovider = "oidc"\npreset = "${name}"\nclient_id = "c"\n`
  })
  await home.configure(accounts.join('\n'))
  const program = join(root, 'bin', 'cms-oauthd.js')
  const { status, stdout } = await runProgram(program, ['--check'], home.env)
  assert.deepEqual([status, stdout], [0, `${home.configFile}: ok\n`])
})

for (const name of names) {
  describe(`the preset ${name}`, () => {
    const configuration = loadText(tomlOf(name))
    const [configured] = configuration.accounts
    assert.ok(configured)
    const [account] = Accounts.from(configuration).all()
    assert.ok(account)

    test('has endpoints on https, and sends its refresh token to one of them', () => {
      const { authorization, token, ...others } = account.endpoints
      for (const url of [authorization, token, ...Object.values(others)]) {
        assert.match(url ?? '', /^https:\/\/[^/]+\/./)
      }
      assert.equal(account.issuer, new URL(token ?? '').origin)
    })

    test('asks for scopes that a person is told in plain words', () => {
      assert.ok(account.scopes.length > 0)
      for (const words of permissionWords(account.scopes)) assert.doesNotMatch(words, /permission/)
    })

    test('is offered by init, as the one that is in its configuration', () => {
      assert.ok(Object.hasOwn(mailServices, name))
      assert.ok(findService(name).lines.includes(`preset = "${name}"`))
      assert.equal(serviceOf(configured), name)
      for (const domain of findService(name).domains) {
        assert.equal(serviceOfAddress(`me@${domain.replace('*', 'com')}`), name)
      }
    })

    test('has servers to try a login at, which git and Emacs may give its token to', () => {
      for (const protocol of protocols) {
        const server = serverFor(configured, protocol, {})
        assert.ok(server !== undefined && isMailServer(server.host), protocol)
      }
    })

    test('has a commented example', () => {
      const text = readFileSync(join(root, 'examples', 'accounts', `${name}.toml`), 'utf8')
      assert.ok(text.includes(`preset = "${name}"`))
    })
  })
}

describe('the room of what is known', () => {
  const room = join(root, 'src', 'provider-facts')
  const lists = ['mail-service.ts', 'mail-services.ts', 'provider-facts.ts', 'providers.ts']
  const files = readdirSync(room).filter((name) => ![...lists, 'scope-words.ts'].includes(name))

  for (const name of files) {
    test(`${name} says where its facts come from`, () => {
      assert.match(readFileSync(join(room, name), 'utf8'), /^\/\*\*[^]*?[Ss]ources?\b[^]*?\bhttps:/)
    })
  }
})

test('an address is of a service only by its whole domain', () => {
  const cases: [string, string | undefined][] = [
    ['me@hotmail.co.uk', 'outlook'],
    ['me@LIVE.fr', 'outlook'],
    ['me@live.example.com', undefined],
    ['me@outlook.com.example.org', undefined],
    ['me@contoso.onmicrosoft.com', 'office365'],
    ['me@notgmail.com', undefined],
    ['me@constructor', undefined],
  ]
  for (const [address, service] of cases) assert.equal(serviceOfAddress(address), service, address)
})
