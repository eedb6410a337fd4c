/** Every preset, from the list: a new one is tested by being in it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Accounts } from '../../src/accounts/accounts.ts'
import { permissionWords } from '../../src/accounts/scope-words.ts'
import { serverFor } from '../../src/client/doctor/login-check.ts'
import { isMailServer } from '../../src/client/is-mail-server.ts'
import { serviceOf } from '../../src/accounts/service-of.ts'
import type { ConfigInvalidError } from '../../src/errors.ts'
import {
  findService,
  withoutOauthAt,
  mailServices,
  serviceOfAddress,
} from '../../src/provider-facts/mail-services.ts'
import type { ProviderFacts } from '../../src/provider-facts/provider-facts.ts'
import { type PresetName, presets } from '../../src/provider-facts/providers.ts'
import {
  findWithoutOauth,
  insteadOfOauth,
  withoutOauth,
} from '../../src/provider-facts/without-oauth.ts'
import { OidcProvider } from '../../src/renewer/providers/oidc/oidc-provider.ts'
import { type Protocol, protocols } from '../../src/sasl/output-format.ts'
import { loadText } from '../configuration-file/load-text.ts'
import { createHome, runProgram } from '../support/daemon.ts'

const root = join(import.meta.dirname, '..', '..')
const names = Object.keys(presets) as PresetName[]

/** The smallest configuration of a preset, with a socket for what it offers. */
function tomlOf(name: PresetName, user = 'me@example.com'): string {
  const account = `user = "${user}"\nprovider = "oidc"\npreset = "${name}"\nclient_id = "c"\n`
  const offered = JSON.stringify(offeredBy(name))
  return `[[account]]\n${account}[[socket]]\npath = "~/${name}.sock"\naccounts = ["${user}"]\nprotocols = ${offered}\n`
}

/** The protocols that there is a scope for. */
function offeredBy(name: PresetName): Protocol[] {
  const { scopes }: ProviderFacts = presets[name]
  return protocols.filter((protocol) => Array.isArray(scopes) || protocol in scopes)
}

test('--check accepts every preset in its smallest configuration', async (t) => {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(names.map((name) => tomlOf(name, `${name}@example.com`)).join('\n'))
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
        if (!offeredBy(name).includes(protocol)) assert.equal(server, undefined)
        else assert.ok(server !== undefined && isMailServer(server.host), protocol)
      }
    })

    test('has servers and endpoints of its own in each of its clouds', () => {
      const { clouds = {} }: ProviderFacts = presets[name]
      const origins = Object.keys(clouds).map((cloud) => {
        const there = loadText(tomlOf(name).replace('client_id', `cloud = "${cloud}"\nclient_id`))
        const [first] = there.accounts
        const server = serverFor(first, 'IMAP', {})
        assert.ok(server !== undefined && isMailServer(server.host), cloud)
        assert.notEqual(server.host, serverFor(configured, 'IMAP', {})?.host)
        const [account] = Accounts.from(there).all()
        return account?.issuer
      })
      assert.equal(new Set([account.issuer, ...origins]).size, origins.length + 1)
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
  const files = readdirSync(room).filter(
    (name) => name.endsWith('.ts') && ![...lists, 'scope-words.ts'].includes(name),
  )

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

test('Zoho is asked for a refresh token, and sent the secret in the form', async () => {
  const [account] = Accounts.from(loadText(tomlOf('zoho'))).all()
  assert.ok(account)
  assert.deepEqual(
    [account.clientAuthentication, account.rotation, account.preset],
    ['post', 'lenient', 'zoho'],
  )
  const request = { redirectUri: 'http://127.0.0.1:1/', state: 's', nonce: 'n', codeChallenge: 'c' }
  const { url } = await new OidcProvider().startAuthorization(
    account,
    request,
    AbortSignal.timeout(9_000),
  )
  const { origin, searchParams } = new URL(url)
  assert.equal(origin, 'https://accounts.zoho.com')
  assert.deepEqual(
    [searchParams.get('access_type'), searchParams.get('prompt'), searchParams.get('scope')],
    ['offline', 'consent', 'ZOHOMAIL.PROTOCOL.IMAP ZOHOMAIL.PROTOCOL.POP'],
  )
})

describe('a service without OAuth', () => {
  test('is found by its name in any spelling, and nothing else is', () => {
    assert.equal(findWithoutOauth('WEB.DE'), withoutOauth['webde'])
    for (const name of ['', 'constructor', '__proto__', 'gmxx', '7']) {
      assert.equal(findWithoutOauth(name), undefined, name)
    }
  })

  for (const [preset, facts] of Object.entries(withoutOauth)) {
    test(`${facts.name} is told by its addresses, and where it is named as a preset`, () => {
      for (const domain of facts.domains) {
        const address = `me@${domain.replace('*', 'net')}`
        assert.equal(withoutOauthAt(address), facts)
        assert.equal(serviceOfAddress(address), undefined)
      }
      const toml = tomlOf('yahoo').replace('preset = "yahoo"', `preset = "${preset}"`)
      assert.throws(
        () => loadText(toml),
        (error: ConfigInvalidError) => {
          assert.ok(error.message.includes(`"preset": ${facts.name} `), error.message)
          assert.equal(error.hint, insteadOfOauth(facts))
          return true
        },
      )
    })
  }
})
