/**
 * The image of packaging/container without an engine: its files are enough to build from; its programs run
 * with its uid and environment, no home, and a file system of which only its volumes can be written.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { root } from '../documents/documents.ts'
import { runProgram } from '../support/daemon.ts'
import { scriptedAccountToml } from '../support/scripted-world.ts'
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

const containerfile = readFileSync(join(root, 'packaging/container/Containerfile'), 'utf8')
const skip = process.getuid?.() === 0 ? false : 'needs root, for mounts'
const user = 'user@example.com'
const uid = /^USER (\d+):\1$/m.exec(containerfile)?.[1] ?? assert.fail('no user')
const volumes = JSON.parse(/^VOLUME (\[.*\])$/m.exec(containerfile)?.[1] ?? '[]') as string[]
const healthCheck = JSON.parse(
  /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(containerfile)?.[1] ?? '',
) as string[]
const variables = Array.from(containerfile.matchAll(/^ENV (\w+=.*)$/gm), ([, one = '']) => one)

const example = (name: string) => readFileSync(join(root, 'examples/container', name), 'utf8')
const directory = mkdtempSync(join(tmpdir(), 'container-'))
const programs = join(directory, 'bin')
const scratch = join(directory, 'scratch')
const caFile = join(directory, 'ca.pem')
let server: ScriptedServer

before(async () => {
  server = await startScriptedServer()
  chmodSync(directory, 0o755)
  mkdirSync(programs)
  mkdirSync(scratch)
  cpSync(server.certificates.caFile, caFile)
  chmodSync(caFile, 0o644)
  for (const name of ['cms-oauth', 'cms-oauthd'])
    symlinkSync(join(root, 'bin', `${name}.js`), join(programs, name))
})
after(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

test('what it copies is enough to build from', async () => {
  const source = join(directory, 'source')
  const copies = containerfile.matchAll(/^COPY (?!--)(.*) (\S+)$/gm)
  for (const [, names = '', to = ''] of copies) {
    for (const name of names.split(' '))
      cpSync(join(root, name), join(source, to, to === './' ? name : ''), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
  const build = `cd ${source} && exec ${process.execPath} build.mjs`
  const { status, stderr } = await runProgram('sh', ['-c', build], process.env)
  assert.equal(status, 0, stderr)
})

test('the files of examples/container fit it', async () => {
  for (const name of ['compose.yaml', 'kubernetes.yaml']) {
    const text = example(name)
    for (const place of [...volumes, '/etc/cms-oauth']) assert.ok(text.includes(place), place)
  }
  assert.ok(example('kubernetes.yaml').includes(`runAsUser: ${uid}`))
  assert.ok(example('kubernetes.yaml').includes(healthCheck.join(', ')))
  const path = join(directory, 'config.toml')
  const toml = example('config.toml').replace(/0{8}(?:-0{4}){3}-0{12}/, randomUUID())
  writeFileSync(path, toml, { mode: 0o600 })
  const env = { PATH: process.env['PATH'], HOME: directory, XDG_RUNTIME_DIR: directory }
  const words = ['--check', '--config', path]
  const { stdout, stderr } = await runProgram(join(root, 'bin/cms-oauthd.js'), words, env)
  assert.doesNotMatch(`${stdout}${stderr}`, /config\.toml:\d|key "|client_id/)
})

test(
  'with its uid, its environment and its volumes alone the daemon serves',
  { skip },
  async (t) => {
    // As Kubernetes mounts them: links into a directory that is replaced as a whole, for the group.
    const [configuration, secrets] = ['etc', 'secrets'].map((name) => join(directory, name))
    const toml = scriptedAccountToml(server.url, user, 'oidc').replace(
      'client_secret = "canary-secret"',
      'client_secret_file = "/run/secrets/client-secret"',
    )
    mountLikeKubernetes(configuration ?? '', 'config.toml', `${toml}[[socket]]\n`)
    mountLikeKubernetes(secrets ?? '', 'client-secret', 'canary-secret\n')
    const script = join(root, 'test/support/container.sh')
    const variablesHere = [...variables, `NODE_EXTRA_CA_CERTS=${caFile}`]
    const environment = variablesHere.map((variable) =>
      variable.replace(/^PATH=.*/, `PATH=${programs}:${dirname(process.execPath)}:/usr/bin:/bin`),
    )
    const words = [
      script,
      scratch,
      configuration ?? '',
      secrets ?? '',
      uid,
      ...environment,
      'cms-oauthd',
    ]
    const daemon = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    t.after(() => daemon.kill('SIGKILL'))
    for await (const line of createInterface(daemon.stderr)) {
      if (line.includes('daemon.started')) break
      assert.doesNotMatch(line, /error/, line)
    }
    daemon.stderr.resume()
    const inside = (...command: string[]) => {
      const as = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'env', '-i']
      return ['--mount', `--target=${daemon.pid}`, ...as, ...environment, ...command]
    }
    const run = (command: string[], input = '') =>
      runProgram('nsenter', inside(...command), {}, input)
    server.answer({
      status: 200,
      body: {
        access_token: 'canary-access',
        refresh_token: 'r',
        token_type: 'Bearer',
        expires_in: 3_600,
      },
    })
    const imported = await run(['cms-oauth', 'import', user], '{"refresh_token":"imported"}')
    assert.equal(imported.status, 0, imported.stderr)
    const healthy = await run(healthCheck)
    assert.equal(healthy.status, 0, healthy.stderr)
    const { stdout } = await run(['cms-oauth', '--user', user, '--output', 'token'])
    assert.equal(stdout, 'canary-access\n')
    daemon.kill()
    assert.deepEqual(await once(daemon, 'close'), [0, null])
  },
)

function mountLikeKubernetes(mount: string, name: string, text: string): void {
  const group = Number(uid)
  mkdirSync(join(mount, '..2026'), { recursive: true })
  chownSync(mount, 0, group)
  writeFileSync(join(mount, '..2026', name), text)
  chmodSync(join(mount, '..2026', name), 0o440)
  for (const path of ['..2026', join('..2026', name)]) chownSync(join(mount, path), 0, group)
  symlinkSync('..2026', join(mount, '..data'))
  symlinkSync(join('..data', name), join(mount, name))
}
