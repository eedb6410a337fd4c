/** Bodies that were compressed though nobody asked for it: read as far as that goes, told otherwise. */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { readAnswerBody } from '../../src/https/answer-body.ts'
import { assertSentence } from '../support/golden.ts'

const limit = 1024 * 1024

function read(body: Buffer | string, coding?: string) {
  const headers = coding === undefined ? {} : { 'content-encoding': coding }
  const response = Object.assign(Readable.from([Buffer.from(body)]), { headers })
  return readAnswerBody(response as unknown as IncomingMessage)
}

const bombs: [coding: string, compress: (text: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, gzip', (text) => gzipSync(gzipSync(text))],
]
for (const [coding, compress] of bombs) {
  test(`what grows beyond the limit is cut there, and told (${coding})`, async () => {
    const bomb = compress(Buffer.alloc(256 * limit, 'x'))
    const before = process.memoryUsage().rss
    const { text, defect } = await read(bomb, coding)
    assert.equal(text, 'x'.repeat(limit))
    assertSentence(defect?.message, 'an answer beyond the limit', { limit })
    assert.ok(process.memoryUsage().rss - before < 64 * limit)
  })
}

const unreadable: [what: string, body: Buffer, coding: string][] = [
  ['a coding that nobody knows', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2]), 'zstd'],
  ['a broken one', gzipSync('{"a":1}').fill(0xff), 'gzip'],
  ['two, of which one is not known', gzipSync('{"a":1}'), 'gzip, zork'],
]
for (const [what, body, coding] of unreadable) {
  test(`what cannot be read is told: ${what}`, async () => {
    const { defect } = await read(body, coding)
    assertSentence(defect?.message, 'an answer that cannot be read', { coding })
  })
}

test('each coding is taken away, by whatever name, and several at a time', async () => {
  const json = '{"refresh_token":"r","access_token":"a","name":"é"}'
  for (const [coding, body] of [
    ['x-gzip', gzipSync(json)],
    ['GZIP', gzipSync(json)],
    ['identity, gzip', gzipSync(json)],
    [undefined, gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['deflate', deflateRawSync(json)],
    ['br', brotliCompressSync(json)],
    ['gzip, deflate, br', brotliCompressSync(deflateSync(gzipSync(json)))],
  ] as const) {
    assert.deepEqual(await read(body, coding), { text: json }, coding)
  }
})

test('a wrong checksum or header takes nothing away', async () => {
  const json = '{"refresh_token":"r"}'
  for (const [body, coding] of [
    [Buffer.concat([gzipSync(json).subarray(0, -8), Buffer.alloc(8, 7)]), 'gzip'],
    [gzipSync(json).fill(0xff, 0, 4), 'gzip'],
    [Buffer.concat([deflateSync(json).subarray(0, -4), Buffer.alloc(4, 7)]), 'deflate'],
  ] as const) {
    assert.deepEqual(await read(body, coding), { text: json })
  }
})

test('what is plain is plain, whatever it is called', async () => {
  for (const coding of ['gzip', 'deflate', 'br', 'zork', 'a,b,c,d,e,f', '', undefined]) {
    const body = '{"access_token":"a","expires_in":3600,"name":"é"}'
    assert.deepEqual(await read(body, coding), { text: body })
    assert.deepEqual(await read('', coding), { text: '' })
  }
})
