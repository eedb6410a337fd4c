import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHome } from '../support/daemon.ts'

const token = 'canary-token-that-no-core-may-hold'
const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')

/** A token socket that has one answer, and a mail server that greets and then says nothing. */
async function world(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'core-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const socket = join(directory, 'cms.sock')
  const broker = createServer((client) =>
    client.end(`user=u@x\u0001auth=Bearer ${token}\u0001\u0001`),
  )
  broker.listen(socket)
  const mail = createServer((client) => {
    client.on('error', () => {}).write('220 here\r\n')
    mail.emit('called')
  })
  mail.listen(0, '127.0.0.1')
  await once(mail, 'listening')
  t.after(() => broker.close())
  t.after(() => mail.close())
  const { port } = mail.address() as AddressInfo
  const home = await createHome()
  t.after(() => home.remove())
  return { directory, socket, mail, port, home }
}

for (const signal of ['SIGQUIT', 'SIGSEGV'] as const) {
  test(`${signal} in the middle of a login leaves no token in a core`, async (t) => {
    const { directory, socket, mail, port, home } = await world(t)
    const args = [program, '--user=u@x', `--cms_sock=${socket}`, `--test-smtp=127.0.0.1:${port}`]
    const called = once(mail, 'called')
    const client = spawn('/bin/sh', ['-c', 'ulimit -c unlimited; exec "$0" "$@"', ...args], {
      cwd: directory,
      env: home.env,
      stdio: 'ignore',
    })
    const exited = once(client, 'exit')
    await called
    assert.match(
      readFileSync(`/proc/${client.pid}/limits`, 'utf8'),
      /^Max core file size +unlimited/m,
    )
    assert.match(readFileSync(`/proc/${client.pid}/coredump_filter`, 'utf8'), /^0+\n$/)
    client.kill(signal)
    await exited
    const cores = readdirSync(directory).filter((name) => name.startsWith('core'))
    for (const core of cores) assert.ok(!readFileSync(join(directory, core)).includes(token))
    t.diagnostic(`${cores.length} cores`)
  })
}
