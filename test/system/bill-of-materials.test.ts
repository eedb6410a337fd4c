/** dist/sbom.cdx.json: what is inside each program, the same for the same sources. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../support/daemon.ts'

interface Component {
  type: string
  'bom-ref': string
  name: string
  version?: string
  purl?: string
  hashes?: { alg: string; content: string }[]
  licenses?: ({ license: { id: string } } | { expression: string })[]
}

const root = join(import.meta.dirname, '..', '..')
const materials = JSON.parse(readFileSync(join(root, 'dist/sbom.cdx.json'), 'utf8')) as {
  bomFormat: string
  specVersion: string
  metadata: { component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn: string[] }[]
}
const inputs = JSON.parse(readFileSync(join(root, 'dist/inputs.json'), 'utf8')) as Record<
  string,
  string[]
>
/** Of the library that a file belongs to. */
function folderOf(path: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
}

/** Of those that a build reads. */
function foldersOfLibraries(): string[] {
  const inlined = Object.values(inputs).flat().map(folderOf)
  const own = ['esbuild', '@esbuild', 'koffi'].map((name) => `node_modules/${name}`)
  return [...new Set([...inlined, ...own])].filter((folder) => folder !== undefined)
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

test('every program of dist/ is in it, with the hash of its file', () => {
  const files = materials.components.filter(({ type }) => type === 'file')
  const programs = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.cjs'))
  assert.deepEqual(files.map(({ name }) => name).toSorted(), programs.toSorted())
  for (const { 'bom-ref': path, hashes } of files) {
    assert.deepEqual(hashes, [{ alg: 'SHA-256', content: sha256(join(root, path)) }])
  }
})

test('every program names each library that was inlined into it, and no other', () => {
  for (const [program, paths] of Object.entries(inputs)) {
    const inlined = paths.flatMap((path) => {
      const folder = folderOf(path)
      if (folder === undefined) return []
      const manifest = readFileSync(join(root, folder, 'package.json'), 'utf8')
      const { name, version } = JSON.parse(manifest) as { name: string; version: string }
      return [`pkg:npm/${name.replace('@', '%40')}@${version}`]
    })
    const told = materials.dependencies.find(({ ref }) => ref === program)?.dependsOn
    assert.deepEqual(told?.toSorted(), [...new Set(inlined)].toSorted(), program)
  }
})

test('every library has a version, a package URL and a licence, and nothing refers to what is not there', () => {
  assert.deepEqual([materials.bomFormat, materials.specVersion], ['CycloneDX', '1.6'])
  const all = [materials.metadata.component, ...materials.components]
  const references = all.map((component) => component['bom-ref'])
  assert.equal(new Set(references).size, references.length)
  for (const { ref, dependsOn } of materials.dependencies) {
    for (const one of [ref, ...dependsOn]) assert.ok(references.includes(one), one)
  }
  const libraries = materials.components.filter(({ type }) => type === 'library')
  assert.ok(libraries.some(({ name }) => name === 'koffi'))
  for (const { name, version, purl, licenses } of libraries) {
    assert.ok(version !== undefined && purl !== undefined && licenses?.length === 1, name)
  }
})

test('--version --verbose names them', async () => {
  const client = join(root, 'bin', 'cms-oauth.js')
  const { status, stdout } = await runProgram(client, ['--version', '--verbose'], process.env)
  assert.equal(status, 0)
  assert.match(stdout, /^cms-oauth \S+\nnode \d+\.\d+\.\d+\n/)
  for (const library of ['@azure/msal-node', 'google-auth-library', 'koffi', 'zod']) {
    assert.match(stdout, new RegExp(`^${library} \\d+\\.\\d+\\.\\d+$`, 'm'))
  }
})

test('doctor names those that talk to providers and to the kernel', async () => {
  const client = join(root, 'bin', 'cms-oauth.js')
  const env = { PATH: process.env['PATH'], HOME: '/nowhere', XDG_RUNTIME_DIR: '/nowhere' }
  const { stdout } = await runProgram(client, ['doctor'], env)
  const text = stdout.replaceAll(/\n +/g, ' ')
  const [line = ''] = /^ok +libraries .*$/m.exec(text) ?? []
  for (const library of ['@azure/msal-node', 'google-auth-library', 'koffi']) {
    assert.match(line, new RegExp(`\\b${library.replace('@', '')} \\d+\\.\\d+\\.\\d+,`))
  }
})

test('two builds in two directories are the same, byte for byte', (t) => {
  const copy = mkdtempSync(join(tmpdir(), 'cms-oauth-build-'))
  t.after(() => rmSync(copy, { recursive: true }))
  const needed = ['src', 'packaging', 'bin', 'package.json', 'package-lock.json', 'tsconfig.json']
  for (const name of [...needed, 'build.mjs', 'bundle.mjs', ...foldersOfLibraries()]) {
    cpSync(join(root, name), join(copy, name), { recursive: true, verbatimSymlinks: true })
  }
  const { status, stderr } = spawnSync(process.execPath, ['build.mjs'], {
    cwd: copy,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const built = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
  for (const entry of built.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1)
    assert.equal(sha256(join(copy, path)), sha256(join(root, path)), path)
  }
})

test('of nodemailer there is the address parser, in the outbox alone, and it is named', () => {
  const [library] = materials.components.filter(({ name }) => name === 'nodemailer')
  assert.ok(library?.version !== undefined)
  const holding = Object.entries(inputs).flatMap(([program, paths]) =>
    paths
      .filter((path) => path.includes('/nodemailer/'))
      .map((path) => [program, path.split('/').slice(-2).join('/')]),
  )
  assert.deepEqual(holding, [['dist/cms-oauth-outbox.cjs', 'addressparser/index.js']])
  const told = materials.dependencies.filter(({ dependsOn }) =>
    dependsOn.includes(library['bom-ref']),
  )
  assert.deepEqual(
    told.map(({ ref }) => ref),
    ['dist/cms-oauth-outbox.cjs'],
  )
  const licenses = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  assert.match(licenses, /nodemailer/)
})
