import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import koffi from 'koffi'
import { notifySystemd } from '../../src/kernel/sd-notify.ts'

const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)')
const recv = libc.func('intptr_t recv(int fd, _Out_ uint8_t *data, size_t size, int flags)')
const close = libc.func('int close(int fd)')

/** Listens as systemd does; returns what takes the next message, empty where none has come. */
function listen(t: TestContext, name: string): () => string {
  const fd = socket(1, 2, 0) as number
  const address = Buffer.concat([Buffer.of(1, 0), Buffer.from(name)])
  assert.equal(bind(fd, address, address.length), 0)
  t.after(() => close(fd))
  return () => {
    const data = Buffer.alloc(100)
    const dontWait = 0x40
    return data.toString('utf8', 0, Math.max(0, recv(fd, data, data.length, dontWait) as number))
  }
}

test('a state reaches a socket with a path', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'notify')
  const receive = listen(t, path)
  notifySystemd('READY=1', { NOTIFY_SOCKET: path })
  assert.equal(receive(), 'READY=1')
})

test('a state reaches a socket with an abstract name', (t) => {
  const name = `cms-oauth-${randomUUID()}`
  const receive = listen(t, `\0${name}`)
  notifySystemd('STOPPING=1', { NOTIFY_SOCKET: `@${name}` })
  assert.equal(receive(), 'STOPPING=1')
})

test('nothing is said and nothing fails where nobody listens', () => {
  notifySystemd('READY=1', {})
  notifySystemd('READY=1', { NOTIFY_SOCKET: '' })
  notifySystemd('READY=1', { NOTIFY_SOCKET: '/nowhere/notify' })
  notifySystemd('READY=1', { NOTIFY_SOCKET: `/${'x'.repeat(200)}` })
})
