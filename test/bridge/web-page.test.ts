import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHttp } from '../../src/bridge/web-page.ts'

test('a request is known by its method, or by its version whatever the method', () => {
  for (const line of [
    'GET / HTTP/1.1',
    'POST /',
    'PRI * HTTP/2.0',
    'get / http/1.0',
    'MAIL / HTTP/1.1',
    'NOOP /?q HTTP/1.1',
    'EHLO http://localhost:1587/ HTTP/1.1',
  ]) {
    assert.ok(isHttp(line), line)
  }
})

test('commands of mail are none', () => {
  for (const line of [
    'EHLO get',
    'MAIL FROM:<HTTP/1.1@example.com>',
    'NOOP HTTP/1.1 a',
    'GETX /',
    'a1 LOGIN "GET / HTTP/1.1" x',
  ]) {
    assert.ok(!isHttp(line), line)
  }
})
