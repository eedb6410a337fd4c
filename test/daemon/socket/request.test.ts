import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { endsRequest, parseRequest } from '../../../src/daemon/socket/request.ts'
import { outputFormats, protocols } from '../../../src/sasl/output-format.ts'
import { assertTotalParser } from './malformed-request.ts'

function parse(text: string) {
  return parseRequest(Buffer.from(text, 'latin1'))
}

const plain = { request: { protocol: 'SMTP', user: 'user@example.com', format: undefined } }

test('a request may end with nothing, LF, CR LF, or ignored text', () => {
  for (const end of [
    '',
    '\n',
    '\r\n',
    '\r',
    ' ',
    ' more text\r\n',
    ' a\tb\u007f',
    ' \u00e9',
    ' a\0b\rc\u00ff\r\n',
    ' \r\r\n',
    '\nEHLO \u00e9\0\r',
  ]) {
    assert.deepEqual(parse(`SMTP user@example.com${end}`), plain, JSON.stringify(end))
  }
})

test('every protocol and every output format is understood', () => {
  for (const protocol of protocols) {
    for (const format of outputFormats) {
      const request = { protocol, user: 'u@x', format }
      assert.deepEqual(parse(`${protocol},${format} u@x\n`), { request })
    }
  }
})

test('unknown options are ignored', () => {
  assert.deepEqual(parse('SMTP,,future,JSON user@example.com'), plain)
  assert.deepEqual(parse('IMAP,future,token,x u@x'), {
    request: { protocol: 'IMAP', user: 'u@x', format: 'token' },
  })
})

const refusals: Record<string, string[]> = {
  'the request is too long': [`SMTP ${'u'.repeat(506)}@x`, `SMTP u@x\n${' '.repeat(504)}`],
  'the request contains invalid characters': [
    'SMTP user@ex\0ample.com',
    'SMTP user@example.com\r more',
    'SMTP user@example.com\r\r\n',
    'SMTP us\u00e9r@example.com',
    'SMTP user@example.com\u00e9 more',
    'SMTP user@example.com\0 more',
    'SMTP\tuser@example.com',
    '\u0016\u0003\u0001\u0002\0\u0001\0',
  ],
  'the request does not name a known protocol': [
    '',
    '\n',
    ' SMTP user@example.com',
    'smtp user@example.com',
    ',SMTP user@example.com',
    'toString user@example.com',
    `${'A'.repeat(33)} user@example.com`,
    'GOCSPX-s3cr3t user@example.com',
  ],
  'this socket does not serve "GET"': ['GET / HTTP/1.1\r\nHost: user@example.com\r\n\r\n'],
  'this socket does not serve "POST"': ['POST /v1 HTTP/1.1\r\n'],
  'this socket does not serve "SMTPS"': ['SMTPS user@example.com', 'SMTPS'],
  'the request names more than one output format': [
    'SMTP,token,json user@example.com',
    'SMTP,token,token user@example.com',
  ],
  'the request does not name an address': [
    'SMTP',
    'SMTP ',
    'SMTP  user@example.com',
    'SMTP user more@x',
    'SMTP us\u0001er@example.com',
    'SMTP user\u007f@example.com',
  ],
}

for (const [refusal, requests] of Object.entries(refusals)) {
  test(`what breaks the grammar is refused: ${refusal}`, () => {
    for (const request of requests) {
      const parsed = parse(request)
      assert.equal('refusal' in parsed && parsed.refusal, refusal, JSON.stringify(request))
    }
  })
}

function refusalFormat(text: string) {
  const parsed = parse(text)
  return 'refusal' in parsed ? parsed.format : assert.fail(text)
}

test('a refusal says which format was asked for, however the rest breaks the grammar', () => {
  const asking = [
    'SMTP,json',
    'FTP,json u@x',
    'SMTP,json,token u@x',
    'SMTP,token,json u@x',
    'SMTP,json user\n',
    'SMTP,json u\t@x',
    'SMTP,json u\0@x',
    'SMTP,json u@x\r\r',
    'SMTP,json \u00e9@x',
    'S\u00e9,json u@x',
  ]
  for (const text of asking) assert.equal(refusalFormat(text), 'json', text)
  const silent = ['SMTP,token', 'json u@x', '\u0016\u0003\u0001', '', '\n', 'GET / HTTP/1.1\r\n']
  for (const text of silent) assert.equal(refusalFormat(text), 'token', text)
  // The socket's own.
  for (const text of ['SMTP', 'SMTP json', 'SMTP u\0@x', 'IMAP,future user']) {
    assert.equal(refusalFormat(text), undefined, text)
  }
})

test('only a line feed ends a request before the half-close', () => {
  assert.equal(endsRequest(Buffer.from('SMTP u@x')), false)
  assert.equal(endsRequest(Buffer.from('SMTP u@x\r')), false)
  assert.equal(endsRequest(Buffer.from('SMTP u@x\n')), true)
})

const word = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
})

test('every request that keeps the grammar comes back as it was meant', () => {
  const option = word.filter(
    (text) => !/,|^(xoauth2|oauthbearer)(-b64)?$|^token$|^json$/.test(text),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...protocols),
      fc.array(option, { maxLength: 4 }),
      fc.option(fc.constantFrom(...outputFormats), { nil: undefined }),
      fc.tuple(word, word).map((halves) => halves.join('@')),
      fc.constantFrom('', '\n', '\r\n', ' ignored\n', '\n\0\u00ff'),
      (protocol, options, format, user, end) => {
        const head = [protocol, ...options, ...(format === undefined ? [] : [format])].join(',')
        assert.deepEqual(parse(`${head} ${user}${end}`), { request: { protocol, user, format } })
      },
    ),
  )
})

test('100,000 malformed requests are refused or read, and none throws', () => {
  assertTotalParser(100_000)
})
