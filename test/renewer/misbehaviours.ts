/** What servers, proxies and networks do to a good answer of a token endpoint. */
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import type { Misbehaviour } from '../support/rotating-server.ts'

type Named = [name: string, misbehaviour: Misbehaviour]

function jwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`
}

/** Fields of the answer that are other than they should be; undefined: missing. */
const oddFields: Record<string, unknown[]> = {
  access_token: ['a^b', 'a b', 'a\nb', '', undefined, null, 7, { value: 'a' }, ['a'], 'é'],
  token_type: ['', 'Bearer ', 'bearer', 'N_A', 'DPoP', 'mac', undefined, null, 7],
  expires_in: [0, -5, 12, 'soon', '', null, undefined, 1e300, '3600', {}],
  scope: [undefined, 7, null, '', ['mail']],
  id_token: [undefined, '', 'garbage', 'a.b', 'a.b.c.d.e', '..', null, 7, 'x'.repeat(100_000)],
}

/** An id_token that is for somebody else: at a refresh it decides nothing. */
const foreignIdTokens: Record<string, string> = {
  'another aud': jwt({ aud: 'other', sub: 'me' }),
  'no aud': jwt({ sub: 'me' }),
  'another iss': jwt({ aud: 'client', iss: 'https://evil.example', sub: 'me' }),
  'an exp long ago': jwt({ aud: 'client', exp: 1, sub: 'me' }),
  'another azp': jwt({ aud: ['client'], azp: 'other', sub: 'me' }),
  'another nonce': jwt({ aud: 'client', nonce: 'old', sub: 'me' }),
  'another sub': jwt({ aud: 'client', sub: 'somebody' }),
}

const bodies: Record<string, NonNullable<Misbehaviour['body']>> = {
  'a byte order mark': (json) => `\ufeff${json}`,
  'UTF-16, the other way round': (json) => Buffer.from(`\ufeff${json}`, 'utf16le').swap16(),
  'UTF-16': (json) => Buffer.from(`\ufeff${json}`, 'utf16le'),
  'a prefix': (json) => `)]}',\n${json}`,
  'a callback': (json) => `cb(${json});`,
  'an array': (json) => `[${json}]`,
  'an envelope': (json) => `{"data":${json}}`,
  'a banner behind it': (json) => `${json}\n<!-- proxy -->`,
  'broken JSON behind it': (json) => `${json.slice(0, -1)},"x":}`,
  'a form': (json) => new URLSearchParams(JSON.parse(json) as Record<string, string>).toString(),
  'more than the limit': (json) => `${json.slice(0, -1)},"more":"${'x'.repeat(1_200_000)}"}`,
  'an error beside the tokens': (json) => `${json.slice(0, -1)},"error":"server_error"}`,
}

const chunked = (tail: string) => (body: Buffer) =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from(tail)])

/** Under the name of a content coding, what it makes of the answer. */
function compressed(
  codings: Record<string, (json: string) => Buffer>,
): Record<string, Misbehaviour> {
  const entries = Object.entries(codings).map(([name, body]): Named => [
    `the content coding "${name}"`,
    { body, headers: ({ length }) => [`content-encoding: ${name}`, `content-length: ${length}`] },
  ])
  return Object.fromEntries(entries)
}

/** The same names on what is plain. */
function plainNamed(...names: string[]): Record<string, Misbehaviour> {
  const entries = names.map((name): Named => [
    `a plain body under the name of "${name}"`,
    { headers: ({ length }) => [`content-encoding: ${name}`, `content-length: ${length}`] },
  ])
  return Object.fromEntries(entries)
}

const ways: Record<string, Misbehaviour> = {
  'no content type': { headers: (body) => [`content-length: ${body.length}`] },
  'HTML by name': {
    headers: (body) => ['content-type: text/html', `content-length: ${body.length}`],
  },
  'no length': { headers: () => ['content-type: application/json'] },
  'a length too long': { headers: (body) => [`content-length: ${body.length + 9}`] },
  'chunks without an end': { headers: () => ['transfer-encoding: chunked'], write: chunked('') },
  'chunks with a broken end': {
    headers: () => ['transfer-encoding: chunked'],
    write: chunked('\r\nzz\r\n'),
  },
  'a length beside chunks': {
    headers: (body) => ['transfer-encoding: chunked', `content-length: ${body.length}`],
    write: chunked('\r\n0\r\n\r\n'),
  },
  ...compressed({
    gzip: gzipSync,
    'Deflate ': deflateRawSync,
    br: brotliCompressSync,
    'gzip, br': (json) => brotliCompressSync(gzipSync(json)),
  }),
  'gzip without a name': { body: (json) => gzipSync(json) },
  'gzip without an end': {
    // What is lost must not be the token: no program could save that.
    body: (json) => gzipSync(`${json.slice(0, -1)},"note":"aZ3kQ9xW7rT1bN5m"}`).subarray(0, -12),
    headers: () => ['content-encoding: gzip'],
  },
  'brotli without an end': {
    body: (json) => brotliCompressSync(`${json}${' '.repeat(9)}`).subarray(0, -1),
    headers: () => ['content-encoding: br'],
  },
  'gzip with a wrong checksum': {
    body: (json) => Buffer.concat([gzipSync(json).subarray(0, -8), Buffer.alloc(8, 7)]),
    headers: (body) => ['content-encoding: gzip', `content-length: ${body.length}`],
  },
  'gzip that grows beyond the limit': {
    body: (json) => gzipSync(`${json}${' '.repeat(4 * 1024 * 1024)}`),
    headers: (body) => ['content-encoding: gzip', `content-length: ${body.length}`],
  },
  ...plainNamed('deflate', 'zork'),
  'a header with a control character': {
    headers: (body) => ['x-trace: a\u0001b', `content-length: ${body.length}`],
  },
  'a header of 100 KiB': {
    headers: (body) => [`x-trace: ${'x'.repeat(100_000)}`, `content-length: ${body.length}`],
  },
  'a Retry-After': { headers: (body) => ['retry-after: 3600', `content-length: ${body.length}`] },
}

const ofFields: Named[] = Object.entries(oddFields).flatMap(([name, values]) =>
  values.map((value): Named => [
    `${name} ${(JSON.stringify(value) ?? 'missing').slice(0, 40)}`,
    { fields: (good) => ({ ...good, [name]: value }) },
  ]),
)
const ofBodies = Object.entries(bodies).map(([name, body]): Named => [name, { body }])
const ofStatus = [201, 202, 203, 206, 299].map((status): Named => [`status ${status}`, { status }])

const ofWays = [...ofBodies, ...ofStatus, ...Object.entries(ways)]

/** Those that tell nothing of whose sign-in it is. */
export const misbehaviours: Named[] = [...ofFields, ...ofWays]

/** As text each is the name of a scope: the provider says then that the token is not for mail, and a sign-in is refused. */
const areNoFaults = ['scope 7, and a form', 'scope null, and a form']

/** Two at a time: what is wrong in the answer, and what is wrong with it. */
export const pairs: Named[] = ofFields
  .flatMap(([field, odd]) =>
    ofWays.map(([way, misbehaviour]): Named => {
      return [`${field}, and ${way}`, { ...odd, ...misbehaviour }]
    }),
  )
  .filter(([name]) => !areNoFaults.includes(name))

/** Those that do, for a refresh. */
export const foreignClaims: Named[] = Object.entries(foreignIdTokens).map(
  ([name, idToken]): Named => [
    `an id_token with ${name}`,
    { fields: (good) => ({ ...good, id_token: idToken }) },
  ],
)
