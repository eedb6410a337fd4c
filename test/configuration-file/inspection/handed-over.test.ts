/** A socket that systemd has made is not the daemon's to make: its directory may be closed to the daemon. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'
import { runProgram } from '../../support/daemon.ts'
import { openListeningSocket } from '../../support/unix-socket.ts'

const daemon = join(import.meta.dirname, '..', '..', '..', 'bin', 'cms-oauthd.js')
const id = 65_534

test('a socket of root in a directory of root is fine for a daemon of its own user', async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o755)
  const [made, home] = [join(directory, 'made'), join(directory, 'home')]
  mkdirSync(made, { mode: 0o755 })
  mkdirSync(home, { mode: 0o700 })
  chownSync(home, id, id)
  const check = async (name: string) => {
    const path = join(home, `${name}.toml`)
    const toml =
      `[[account]]\nuser = "u@x.org"\nprovider = "oidc"\npreset = "fastmail"\nclient_id = "c"\n` +
      `[[outbox]]\naccount = "u@x.org"\npath = "${join(made, name)}"\n`
    writeFileSync(path, toml, { mode: 0o600 })
    chownSync(path, id, id)
    const user = [`--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--', process.execPath]
    const env = { PATH: '/usr/bin:/bin', HOME: home, XDG_RUNTIME_DIR: join(home, 'run') }
    return runProgram('setpriv', [...user, daemon, '--check', '--config', path], env)
  }
  const fd = openListeningSocket(join(made, 'outbox.sock'))
  t.after(() => closeSync(fd))
  const fine = await check('outbox.sock')
  assert.equal(fine.status, 0, fine.stderr)
  const other = await check('other.sock')
  assert.equal(other.status, 78)
  assert.ok(other.stderr.includes(`"${made}"`), other.stderr)
})

test('root checks the configuration of a service, whose directory below /run is not its own', async (t) => {
  const directory = mkdtempSync('/run/handed-over-')
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'config.toml')
  const toml = `[[account]]\nuser = "u@x.org"\nprovider = "oidc"\npreset = "fastmail"\nclient_id = "c"\n`
  writeFileSync(path, toml, { mode: 0o600 })
  const service = join(directory, 'service')
  mkdirSync(service, { mode: 0o700 })
  chownSync(service, id, id)
  const { status, stderr } = await runProgram(daemon, ['--check', '--config', path], {
    PATH: '/usr/bin:/bin',
    HOME: directory,
    XDG_RUNTIME_DIR: join(directory, 'run'),
    CMS_OAUTH_CONTROL: join(service, 'control.sock'),
  })
  assert.equal(status, 0, stderr)
})
