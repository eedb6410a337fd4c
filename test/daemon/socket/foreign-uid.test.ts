/** Peers with another uid, which only root can make. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { outputFormats } from '../../../src/sasl/output-format.ts'
import { assertSentence } from '../../support/golden.ts'
import { ask, openTokenServer, user } from './token-socket.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root'
const foreign = 64_321
/** The name that the kernel is given; Node itself takes another one in each release. */
const program = 'mail-program'

/** Asks as another user; the answer is printed after a mark, an error as its code. */
async function askAs(
  uid: number,
  path: string,
  request: string,
  groups = [`--regid=${uid}`, '--clear-groups'],
): Promise<string> {
  const script = `
    const socket = require('node:net').connect(process.argv[1])
    socket.on('data', (chunk) => process.stdout.write(chunk))
    socket.on('error', (error) => process.stdout.write(error.code))
    socket.end(process.argv[2])
  `
  const setpriv = [`--reuid=${uid}`, ...groups]
  const node = [process.execPath, '-e', `process.title = '${program}'; ${script}`, path, request]
  const { stdout } = await promisify(execFile)('setpriv', [...setpriv, ...node])
  return stdout
}

test('the kernel says who asks, and the audit notes it', { skip }, async (t) => {
  const allow = { users: [String(foreign)], groups: [] }
  const { path, log } = await openTokenServer(t, { configuration: { mode: 0o666, allow } })
  chmodSync(dirname(path), 0o711)
  assert.equal(await askAs(foreign, path, `SMTP,token ${user}`), 'T0KEN')
  const { event, fields } = log.lines[0] ?? assert.fail('no line')
  assert.deepEqual([event, fields.uid, fields.program], ['token.granted', foreign, program])
  assert.equal(await askAs(foreign + 1, path, `SMTP,token ${user}`), '')
})

test('a peer that "allow" does not list gets no byte, whatever it asks', { skip }, async (t) => {
  const allow = { users: [], groups: [String(foreign)] }
  const { path, log } = await openTokenServer(t, { configuration: { mode: 0o666, allow } })
  const requests = ['', '\n', 'GET / HTTP/1.1\n', 'SMTP,json x@y', `SMTP ${user}`]
  for (const format of outputFormats) requests.push(`SMTP,${format} ${user}`)
  for (const request of requests) assert.equal(await ask(path, request), '', request)
  assert.ok(log.lines.every(({ fields }) => fields.code === 'not_permitted'))
  assertSentence(
    log.lines[0]?.fields.message,
    'a peer that "allow" does not list gets no byte, whatever it asks',
  )
})

test(
  'a program that has dropped a group is not a member, whatever its user is',
  { skip },
  async (t) => {
    const allow = { users: [], groups: ['daemon'] }
    const { path } = await openTokenServer(t, { configuration: { mode: 0o666, allow } })
    chmodSync(dirname(path), 0o711)
    const asDaemon = (...groups: string[]) => askAs(1, path, `SMTP,token ${user}`, groups)
    // In the user database "daemon" is in the group of this name.
    assert.equal(await asDaemon('--regid=65534', '--clear-groups'), '')
    assert.equal(await asDaemon('--regid=65534', '--groups=1'), 'T0KEN')
  },
)

test('a peer that the mode keeps out cannot connect', { skip }, async (t) => {
  const { path, log } = await openTokenServer(t, { configuration: { mode: 0o600 } })
  chmodSync(dirname(path), 0o711)
  assert.equal(await askAs(foreign, path, `SMTP,json ${user}`), 'EACCES')
  assert.deepEqual(log.lines, [])
})
