/** What the built programs are made of: the promises that only the bundles can keep. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { MailService } from '../../src/provider-facts/mail-service.ts'
import { mailServers, mailServices } from '../../src/provider-facts/mail-services.ts'
import { providerRefusals } from '../../src/provider-facts/refusals/provider-refusals.ts'

const root = join(import.meta.dirname, '..', '..')
const inputs = JSON.parse(readFileSync(join(root, 'dist/inputs.json'), 'utf8')) as Record<
  string,
  string[]
>

function packagesIn(output: string): string[] {
  const found = (inputs[output] ?? []).map(
    (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1],
  )
  return [...new Set(found)].filter((name) => name !== undefined).toSorted()
}

function explanationsIn(output: string): string[] {
  return (inputs[output] ?? []).filter((input) =>
    /^src\/oauth\/explanations(?:\.ts|\/(?:by|for)-)/.test(input),
  )
}

test("the client's token path holds no library at all", () => {
  assert.deepEqual(packagesIn('dist/cms-oauth.cjs'), [])
})

test("the client's token path loads little more than net", () => {
  const text = readFileSync(join(root, 'dist/cms-oauth.cjs'), 'utf8')
  const later = /\.then\(\(\)=>__toESM\(require\("[^"]+"\)/g
  const atOnce = text.replaceAll(later, '')
  const required = Array.from(atOnce.matchAll(/require\("([^"]+)"\)/g), ([, name]) => name)
  const allowed = ['node:net', 'node:fs', 'node:path', 'node:os', 'node:util']
  assert.deepEqual(
    [...new Set(required)].filter((name) => name !== undefined && !allowed.includes(name)),
    [],
  )
})

test('the commands leave the libraries of the configuration, and TLS, to those that need them', () => {
  assert.deepEqual(packagesIn('dist/cms-oauth-manage.cjs'), ['uqr'])
  for (const command of ['manage', 'doctor', 'doctor-checks', 'init']) {
    const file = `dist/cms-oauth-${command}.cjs`
    for (const name of ['zod', 'smol-toml']) assert.ok(!packagesIn(file).includes(name), name)
    const files = (inputs[file] ?? []).filter((input) => /^src\/mail\/\w+-session/.test(input))
    assert.deepEqual(files, [], file)
  }
  assert.ok(packagesIn('dist/cms-oauth-load-configuration.cjs').includes('zod'))
  assert.ok(inputs['dist/cms-oauth-login-test.cjs']?.includes('src/mail/smtp-session.ts'))
})

test('sendmail holds no library, and loads little more than net', () => {
  assert.deepEqual(packagesIn('dist/cms-oauth-sendmail.cjs'), [])
  const text = readFileSync(join(root, 'dist/cms-oauth-sendmail.cjs'), 'utf8')
  const required = Array.from(text.matchAll(/require\("([^"]+)"\)/g), ([, name]) => name)
  const own = './cms-oauth-sendmail-other.cjs'
  const allowed = ['node:net', 'node:fs', 'node:path', 'node:timers/promises', own]
  assert.deepEqual(
    [...new Set(required)].filter((name) => name !== undefined && !allowed.includes(name)),
    [],
  )
})

test("the daemon's program leaves the configuration's libraries to the reader's process", () => {
  const packages = packagesIn('dist/cms-oauthd.cjs')
  for (const name of ['zod', 'smol-toml', 'env-paths']) {
    assert.ok(!packages.includes(name), name)
    assert.ok(packagesIn('dist/cms-oauth-configuration.cjs').includes(name), name)
  }
})

test("the daemon's program holds no provider library and nothing of the store", () => {
  const packages = packagesIn('dist/cms-oauthd.cjs')
  for (const name of ['@azure/msal-node', '@azure/msal-common', 'google-auth-library', 'gaxios']) {
    assert.ok(!packages.includes(name), name)
  }
  const own = (inputs['dist/cms-oauthd.cjs'] ?? []).filter((input) =>
    /^src\/(renewer|secrets|https|configuration-file)\//.test(input),
  )
  assert.deepEqual(own, [])
})

test("the daemon's program holds what sign-ins need of a provider, and nothing for a terminal", () => {
  const text = readFileSync(join(root, 'dist/cms-oauthd.cjs'), 'utf8')
  assert.ok(text.includes('https://api.fastmail.com/oauth/refresh'))
  const servers = mailServers.filter((host) => text.includes(`"${host}`))
  const words = Object.values<MailService>(mailServices).filter(({ registration }) =>
    text.includes(registration),
  )
  const refusals = providerRefusals.filter(({ example }) => text.includes(example))
  assert.deepEqual([servers, words, refusals], [[], [], []])
})

test("the daemon's program leaves the meaning of refusals to a file that a failed sign-in loads", () => {
  assert.deepEqual(explanationsIn('dist/cms-oauthd.cjs'), [])
  assert.ok(explanationsIn('dist/cms-oauth-explanations.cjs').length > 5)
})

test("the renewer's program leaves the libraries of providers to files of their own", () => {
  const apart = {
    '@azure/msal-node': 'dist/cms-oauth-msal.cjs',
    'google-auth-library': 'dist/cms-oauth-google-auth.cjs',
  }
  const text = readFileSync(join(root, 'dist/cms-oauth-renewer.cjs'), 'utf8')
  for (const [name, file] of Object.entries(apart)) {
    assert.ok(!packagesIn('dist/cms-oauth-renewer.cjs').includes(name), name)
    assert.ok(packagesIn(file).includes(name), name)
    assert.ok(text.includes(`require("./${file.slice('dist/'.length)}")`), name)
  }
})
