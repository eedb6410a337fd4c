/** The self-made certificate: judged by OpenSSL and by Node, kept, and made new where it must be. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeSelfSigned } from '../../../src/daemon/bridge/self-signed.ts'
import { SharedCertificateFile } from '../../../src/daemon/bridge/shared-certificate.ts'
import { InsecureFileModeError } from '../../../src/errors.ts'
import type { Log } from '../../../src/logging/log.ts'
import { assertSentence, type Names } from '../../support/golden.ts'

const dayMs = 86_400_000
const names = ['localhost', '127.0.0.1', '::1', '192.168.7.2', 'fd00:1::2', 'mail.example.com']

function stateDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

function keptIn(directory: string) {
  const lines: [string, string | undefined][] = []
  const note = (_: string, fields?: { reason?: string }) => void lines.push([_, fields?.reason])
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const file = new SharedCertificateFile(directory, log)
  const provide = (needed: string[] = [], wanted: string[] = []) => file.provide({ needed, wanted })
  return { path: join(directory, 'bridge-certificate.pem'), lines, provide }
}

function selfSigned(expiresAt: number): { chain: string; key: string } {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const facts = { commonName: 'test', names, notBefore: Date.now() - dayMs, notAfter: expiresAt }
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { chain: makeSelfSigned({ ...facts, keys }), key }
}

test('OpenSSL verifies it strictly, for each of its names and before and after 2050', (t) => {
  const path = join(stateDirectory(t), 'certificate.pem')
  for (const expiresAt of [Date.now() + dayMs, Date.UTC(2049, 11, 31), Date.UTC(2050, 0, 1)]) {
    writeFileSync(path, selfSigned(expiresAt).chain)
    for (const name of names) {
      const how = /[:\d]$/.test(name) ? '-verify_ip' : '-verify_hostname'
      const words = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', path, how, name]
      assert.match(execFileSync('openssl', [...words, path], { encoding: 'utf8' }), /: OK\n$/)
    }
  }
})

test('Node reads what it says, and its numbers are all different', () => {
  const [one, other] = [0, 1].map(() => new X509Certificate(selfSigned(Date.now() + dayMs).chain))
  assert.equal(one?.subject, 'CN=test')
  assert.equal(one?.ca, false)
  assert.deepEqual(one?.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  assert.notEqual(one?.serialNumber, other?.serialNumber)
})

test('it is made once, closed to others, and stays', (t) => {
  const { path, lines, provide } = keptIn(stateDirectory(t))
  const made = provide(['192.168.7.2'], ['mail.example.com'])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(provide(['192.168.7.2']), made)
  assert.deepEqual(provide([], ['other.example.com']), made)
  assert.deepEqual(lines, [['bridge.certificate_made', undefined]])
  const certificate = new X509Certificate(made.chain)
  for (const name of ['localhost', 'mail.example.com']) assert.ok(certificate.checkHost(name))
  for (const address of ['127.0.0.1', '::1', '192.168.7.2']) assert.ok(certificate.checkIP(address))
  const days = (made.expiresAt - Date.now()) / dayMs
  assert.ok(days > 820 && days < 825, `${days} days`)
})

test('it is made new, with a reason, where it does not do any more', (t) => {
  const { path, lines, provide } = keptIn(stateDirectory(t))
  const soon = Date.now() + 29 * dayMs
  const cases: [before: string, needed: string[], what: string, names?: Names][] = [
    [
      pemOf(selfSigned(Date.now() + 300 * dayMs)),
      ['10.0.0.9'],
      'for another address',
      { address: '10.0.0.9' },
    ],
    [
      pemOf(selfSigned(soon)),
      [],
      'about to expire',
      { day: new Date(soon).toISOString().slice(0, 10) },
    ],
    [pemOf({ ...selfSigned(Date.now() + 300 * dayMs), key: '' }), [], 'damaged'],
    ['', [], 'damaged'],
  ]
  for (const [before, needed, what, names] of cases) {
    writeFileSync(path, before, { mode: 0o600 })
    const made = provide(needed)
    assertSentence(lines.at(-1)?.[1], `a certificate that is ${what}`, names)
    assert.deepEqual(provide(needed), made)
  }
})

test('one that was made before the clock was set is valid when it has been set', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000 })
  const { provide } = keptIn(stateDirectory(t))
  const made = provide()
  t.mock.timers.setTime(Date.UTC(2026, 10, 29))
  assert.deepEqual(provide(), made)
  assert.ok(Date.parse(new X509Certificate(made.chain).validFrom) < Date.now())
  t.mock.timers.setTime(1_000)
  assert.deepEqual(provide(), made)
})

test('one that was made by a clock that was ahead is made new', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2040, 0, 2) })
  const { lines, provide } = keptIn(stateDirectory(t))
  provide()
  t.mock.timers.setTime(Date.UTC(2026, 10, 29))
  const made = provide()
  assertSentence(lines.at(-1)?.[1], 'a certificate that begins later', { day: '2040-01-01' })
  assert.deepEqual(provide(), made)
})

function pemOf({ chain, key }: { chain: string; key: string }): string {
  return chain + key
}

test('one that others can read is refused', (t) => {
  const { path, provide } = keptIn(stateDirectory(t))
  provide()
  chmodSync(path, 0o644)
  assert.throws(() => provide(), InsecureFileModeError)
})
