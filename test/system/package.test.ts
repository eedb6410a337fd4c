/** The package as it is published: what is in it, and that its programs run where npm puts them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
  bin: Record<string, string>
  man: string[]
  scripts: Record<string, string>
  keywords: string[]
  homepage: string
  repository: { url: string }
  bugs: { url: string }
}

function run(program: string, args: string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  assert.equal(status, 0, error?.message ?? `${stdout}${stderr}`)
  return stdout
}

describe('the package', () => {
  let directory: string
  let tarball: string
  let files: string[]

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
    // Without the build of "prepack", which would take dist/ away from the tests beside this one.
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory]
    const [packed] = JSON.parse(run('npm', args, root)) as [
      { filename: string; files: { path: string }[] },
    ]
    tarball = join(directory, packed.filename)
    files = packed.files.map(({ path }) => path)
  })

  after(() => rmSync(directory, { recursive: true }))

  test('holds programs, manual pages, units, licences and the README', () => {
    const bundles = [
      'cms-oauth',
      'cms-oauth-configuration',
      'cms-oauth-doctor',
      'cms-oauth-doctor-checks',
      'cms-oauth-init',
      'cms-oauth-load-configuration',
      'cms-oauth-login-test',
      'cms-oauth-manage',
      'cms-oauth-renewer',
      'cms-oauthd',
    ]
    const units = ['', 'user/'].flatMap((scope) =>
      ['service', 'socket'].map((kind) => `systemd/${scope}cms-oauthd.${kind}`),
    )
    for (const path of [
      ...Object.values(manifest.bin),
      ...manifest.man,
      // Tells Node that the programs are CommonJS.
      'bin/package.json',
      'bin/require-node.js',
      ...bundles.flatMap((name) => [`dist/${name}.cjs`, `dist/${name}.cjs.map`]),
      ...units,
      'systemd/cms-oauthd-outbox.socket',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'dist/THIRD-PARTY-LICENSES.txt',
    ]) {
      assert.ok(files.includes(path), `${path} is missing`)
    }
  })

  test('holds no source, no test and nothing that only tests read', () => {
    const strange = files.filter(
      (path) =>
        !/^(bin|dist|systemd|examples)\//.test(path) &&
        !['LICENSE', 'README.md', 'SECURITY.md', 'CHANGELOG.md', 'package.json'].includes(path),
    )
    assert.deepEqual(strange, [])
    assert.ok(!files.some((path) => path.endsWith('.ts')))
    assert.ok(!files.some((path) => path === 'dist/inputs.json' || path.endsWith('.png')))
  })

  test('names the licence of every library in its bundles', () => {
    const text = readFileSync(join(root, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8')
    for (const library of ['@azure/msal-node', 'google-auth-library', 'smol-toml', 'zod']) {
      assert.match(text, new RegExp(`^${library} \\d+\\.\\d+\\.\\d+ \\(.+\\)$`, 'm'))
    }
  })

  test('is built before it is packed', () => {
    assert.equal(manifest.scripts['prepack'], 'npm run build')
    assert.equal(manifest.scripts['build'], 'node build.mjs')
  })

  test('tells a registry what it is about, and where it is from', () => {
    const { keywords, homepage, repository, bugs } = manifest
    assert.ok(keywords.length > 5)
    for (const url of [homepage, bugs.url, repository.url.replace(/^git\+/, '')]) {
      assert.equal(new URL(url).protocol, 'https:')
    }
  })

  test('installs two programs that run from anywhere, and their manual pages, without running scripts', () => {
    const prefix = join(directory, 'prefix')
    const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--prefer-offline']
    // Another prefix means another file of settings, and this machine's may say how the registry is reached.
    const globalConfig = run('npm', ['config', 'get', 'globalconfig'], directory).trim()
    const where = ['--global', '--prefix', prefix, '--globalconfig', globalConfig]
    run('npm', ['install', '--ignore-scripts', ...where, ...quiet, tarball], directory)
    for (const name of ['cms-oauth', 'cms-oauthd']) {
      const program = join(prefix, 'bin', name)
      assert.equal(run(program, ['--version'], '/'), `${name} ${manifest.version}\n`)
      assert.match(run(program, ['--help'], '/'), new RegExp(`^Usage:\\s+${name} `))
    }
    const pages = manifest.man.map((path) => `man${path.at(-1)}/${basename(path)}`)
    for (const page of pages) {
      const text = readFileSync(join(prefix, 'share', 'man', page), 'utf8')
      assert.ok(text.includes(`"cms\\-oauth ${manifest.version}"`), text.slice(0, 200))
    }
    // The help text needs neither; this loads what the daemon works with, koffi among it.
    const config = join(directory, 'config.toml')
    const { status, stderr } = spawnSync(join(prefix, 'bin', 'cms-oauthd'), ['--config', config], {
      cwd: '/',
      encoding: 'utf8',
    })
    assert.equal(status, 78, stderr)
    assert.match(stderr, /^cms-oauthd: error: .*config\.toml/)
  })
})
