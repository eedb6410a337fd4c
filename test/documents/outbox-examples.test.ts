/** What examples/outbox/ says fits together: the port, the address, and what a program makes of its file. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadText } from '../configuration-file/load-text.ts'
import { root } from './documents.ts'

const folder = join(root, 'examples', 'outbox')
const placeholder = '00000000-0000-0000-0000-000000000000'

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

function load(name: string) {
  return loadText(read(name).replaceAll(placeholder, '11111111-2222-3333-4444-555555555555'))
}

const [outbox] = load('config.toml').outboxes
const [listen] = outbox?.listener?.listen ?? []
assert.ok(outbox !== undefined && listen !== undefined && 'port' in listen)
const { account } = outbox
const { host, port } = listen

/** The lines `key = value`, whatever the spaces and quotes are. */
function valuesOf(name: string): Record<string, string> {
  const lines = read(name).matchAll(/^(\w+) *= *"?(.*?)"?$/gm)
  return Object.fromEntries(Array.from(lines, ([, key = '', value = '']) => [key, value]))
}

test('devices.toml takes what a printer that logs in sends, over TLS', () => {
  const [{ listener, account: user } = outbox] = load('devices.toml').outboxes
  assert.deepEqual(listener, {
    listen: [{ host: '192.168.7.2', port: 1587 }],
    users: [{ name: 'printer', user }],
    callers: ['password'],
    networks: ['192.168.7.0/24'],
    tls: 'required',
  })
})

test('Grafana goes where the outbox listens, with its account', () => {
  const { host: where, user, from_address: from, enabled } = valuesOf('grafana/grafana.ini')
  assert.deepEqual([where, user, from, enabled], [`${host}:${port}`, account, account, 'true'])
})

test('Laravel and Symfony go there too', () => {
  const laravel = valuesOf('php/laravel-smtp.env')
  assert.deepEqual(
    [laravel['MAIL_HOST'], laravel['MAIL_PORT'], laravel['MAIL_USERNAME']],
    [host, String(port), account],
  )
  const { host: at, username } = new URL(valuesOf('php/symfony-smtp.env')['MAILER_DSN'] ?? '')
  assert.deepEqual([at, decodeURIComponent(username)], [`${host}:${port}`, account])
})

test('where there is no password it is sendmail -bs', () => {
  assert.match(valuesOf('php/laravel-sendmail.env')['MAIL_SENDMAIL_PATH'] ?? '', /sendmail -bs/)
  assert.match(valuesOf('php/symfony-sendmail.env')['MAILER_DSN'] ?? '', /sendmail%20-bs$/)
})

test('monit goes there too', () => {
  const words = `set mailserver ${host} port ${port}\n    username "${account}" password "PASSWORD"`
  assert.ok(read('monit/monitrc').includes(words))
})
