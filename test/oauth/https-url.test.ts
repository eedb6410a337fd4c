/** Addresses that a provider names: what reads them is asked about each member of one list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultShapes } from '../../src/daemon/processes/renewer-shapes.ts'
import { sendHttpsRequest } from '../../src/https/https-request.ts'
import { parseDeviceAuthorization } from '../../src/oauth/device-authorization.ts'
import { isHttpsUrl } from '../../src/oauth/https-url.ts'
import { parseMetadata } from '../../src/oauth/metadata.ts'

const issuer = 'https://issuer.example'

const usable = [
  'https://issuer.example',
  'https://issuer.example:8443/a/b?c=d&e=%20#f',
  'https://[::1]:8443/',
  `https://issuer.example/?state=${'x'.repeat(8_000)}`,
]

const unusable: [why: string, value: unknown][] = [
  ['no text', 7],
  ['nothing', undefined],
  ['empty', ''],
  ['a path', '/authorize'],
  ['without TLS', 'http://issuer.example/'],
  ['a script', 'javascript:alert(1)'],
  ['a file', 'file:///etc/passwd'],
  ['a local network', '//issuer.example/'],
  ['no URL', 'https://['],
  ['no host', 'https://'],
  ['no port', 'https://issuer.example:99999/'],
  ['a blank', 'https://issuer.example/a b'],
  ['a line end', 'https://issuer.example/a\nb'],
  ['an escape sequence', 'https://issuer.example/\u001b[31m'],
  ['a control character of eight bits', 'https://issuer.example/\u009b31m'],
  ['another direction', 'https://issuer.example/\u202egnp'],
  ['letters that look like others', 'https://\u0456ssuer.example/'],
  ['a user before the host', 'https://issuer.example@evil.example/'],
  ['a password before the host', 'https://:issuer.example@evil.example/'],
  ['a blank before it', ' https://issuer.example/'],
  ['endless', `https://issuer.example/${'x'.repeat(20_000)}`],
]

for (const address of usable) {
  test(`${address.slice(0, 60)} can be used`, () => assert.equal(isHttpsUrl(address), true))
}

for (const [why, value] of unusable) {
  test(`an address that is ${why} is none: of an endpoint, of a page, of a request`, async () => {
    assert.equal(isHttpsUrl(value), false)
    const document = { issuer, token_endpoint: `${issuer}/token`, authorization_endpoint: value }
    const { authorizationEndpoint } = parseMetadata(JSON.stringify(document), issuer)
    assert.equal(authorizationEndpoint, undefined)
    const device = { device_code: 'canary', user_code: 'ABCD', verification_uri: value }
    assert.throws(() => parseDeviceAuthorization(JSON.stringify(device), 0), {
      code: 'provider_protocol',
    })
    assert.equal(resultShapes['start-authorization']({ url: value }), '.url')
    const { signal } = new AbortController()
    if (typeof value !== 'string') return
    await assert.rejects(
      sendHttpsRequest({ method: 'GET', url: value, signal }),
      (error: Error) => {
        assert.match(error.message, /^[ -~]{0,300}$/)
        return (error as { code?: string }).code === 'provider_protocol'
      },
    )
  })
}
