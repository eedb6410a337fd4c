/** A Debian package of what was built, with the files of debian/. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'

const root = join(import.meta.dirname, '..')
const debian = join(import.meta.dirname, 'debian')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** Debian's names of architectures, and Node's. */
const architectures = { amd64: 'x64', arm64: 'arm64' }
const library = 'usr/lib/cms-oauth'
const documents = 'usr/share/doc/cms-oauth'

/** Where a file of the package comes from; a folder is copied whole. */
const copies = [
  ['package.json', `${library}/package.json`],
  ['bin', `${library}/bin`],
  ['dist', `${library}/dist`],
  ['examples', `${documents}/examples`],
  ['systemd', `${library}/systemd`],
  ['systemd/cms-oauthd.service', 'usr/lib/systemd/system/cms-oauthd.service'],
  ['systemd/cms-oauthd.socket', 'usr/lib/systemd/system/cms-oauthd.socket'],
  ['systemd/cms-oauthd-outbox.socket', 'usr/lib/systemd/system/cms-oauthd-outbox.socket'],
  ['systemd/user/cms-oauthd.service', 'usr/lib/systemd/user/cms-oauthd.service'],
  ['systemd/user/cms-oauthd.socket', 'usr/lib/systemd/user/cms-oauthd.socket'],
  ['packaging/debian/sysusers.conf', 'usr/lib/sysusers.d/cms-oauth.conf'],
  ['packaging/debian/tmpfiles.conf', 'usr/lib/tmpfiles.d/cms-oauth.conf'],
  ['packaging/debian/config.toml', 'etc/cms-oauth/config.toml'],
  ['README.md', `${documents}/README.md`],
  ['SECURITY.md', `${documents}/SECURITY.md`],
  ['packaging/debian/lintian-overrides', 'usr/share/lintian/overrides/cms-oauth'],
]

/** Where each shell looks for the completions of packages. */
const completions = {
  bash: 'usr/share/bash-completion/completions/cms-oauth',
  zsh: 'usr/share/zsh/vendor-completions/_cms-oauth',
  fish: 'usr/share/fish/vendor_completions.d/cms-oauth.fish',
}

const { values } = parseArgs({ options: { arch: { type: 'string' } } })
const architecture = values.arch ?? run('dpkg', ['--print-architecture']).trim()
if (!Object.hasOwn(architectures, architecture)) {
  console.error(
    `there is no "${architecture}" here: --arch is ${Object.keys(architectures).join(' or ')}`,
  )
  process.exit(64)
}
const changedAt = Number(
  process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct']).trim(),
)
const workshop = mkdtempSync(join(tmpdir(), 'cms-oauth-deb-'))
const tree = join(workshop, 'tree')
try {
  console.log(buildPackage())
} finally {
  rmSync(workshop, { recursive: true })
}

function buildPackage() {
  copyFiles()
  addKoffi(architectures[architecture])
  addManualPages()
  addDocuments()
  for (const [shell, path] of Object.entries(completions)) {
    write(path, run(process.execPath, ['bin/cms-oauth.js', 'completion', shell]))
  }
  linkPrograms()
  addControl()
  settle(tree)
  const path = join(root, `cms-oauth_${manifest.version}_${architecture}.deb`)
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, path], {
    SOURCE_DATE_EPOCH: String(changedAt),
  })
  return path
}

function copyFiles() {
  for (const [from, to] of copies) {
    mkdirSync(dirname(join(tree, to)), { recursive: true })
    cpSync(join(root, from), join(tree, to), { recursive: true })
  }
  // A manual page is read where man looks for it, and the picture by nobody.
  for (const path of [
    `${library}/dist/man`,
    `${library}/dist/inputs.json`,
    `${documents}/examples/sign-in-page.png`,
  ]) {
    rmSync(join(tree, path), { recursive: true })
  }
}

/** What is JavaScript of koffi, and the part of it that is made for a processor. */
function addKoffi(processor) {
  cpSync(join(root, 'node_modules/koffi'), join(tree, library, 'node_modules/koffi'), {
    recursive: true,
    filter: (path) =>
      !/\/koffi\/(?:doc|lib|vendor|cnoke\.cjs|src\/koffi\/src)$/.test(path) &&
      (statSync(path).isDirectory() || /\.(?:cjs|json)$/.test(path)),
  })
  const name = `@koromix/koffi-linux-${processor}`
  const to = join(tree, library, 'node_modules', name)
  mkdirSync(to, { recursive: true })
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/koffi/package.json'), 'utf8'),
  )
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', workshop, `${name}@${version}`]),
  )
  const archive = join(workshop, filename)
  run('tar', ['--extract', '--strip-components=1', `--file=${archive}`, `--directory=${to}`])
  rmSync(join(to, `musl_${processor}`), { recursive: true, force: true })
}

function addManualPages() {
  for (const path of manifest.man) {
    write(`usr/share/man/man${path.at(-1)}/${basename(path)}.gz`, compressed(join(root, path)))
  }
}

function addDocuments() {
  write(`${documents}/changelog.gz`, gzipSync(changelog(), { level: 9 }))
  write(`${documents}/copyright`, copyright())
  symlinkSync('../../share/doc/cms-oauth/examples', join(tree, library, 'examples'))
}

/** As dpkg-parsechangelog reads it: what is new is told in the release notes. */
function changelog() {
  return [
    `cms-oauth (${manifest.version}) stable; urgency=medium`,
    '',
    '  * See CHANGELOG.md of the release.',
    '',
    ` -- ${maintainer()}  ${new Date(changedAt * 1000).toUTCString().replace('GMT', '+0000')}`,
    '',
  ].join('\n')
}

function copyright() {
  const { components } = JSON.parse(readFileSync(join(root, 'dist/sbom.cdx.json'), 'utf8'))
  const libraries = components
    .filter(({ type }) => type === 'library')
    .map(({ name, version, licenses: [{ license, expression }] }) => {
      return `  ${name} ${version}: ${expression ?? license.id}`
    })
  return `${readFileSync(join(root, 'LICENSE'), 'utf8').trim()}

Libraries inside its programs:

${libraries.join('\n')}

Their terms are in /${library}/dist/THIRD-PARTY-LICENSES.txt; those of
Apache-2.0 also in /usr/share/common-licenses/Apache-2.0.
`
}

function linkPrograms() {
  mkdirSync(join(tree, 'usr/bin'), { recursive: true })
  for (const [name, path] of Object.entries(manifest.bin)) {
    symlinkSync(`../lib/cms-oauth/${path}`, join(tree, 'usr/bin', name))
  }
}

function addControl() {
  const sums = filesBelow(tree)
    .filter((path) => !path.startsWith('etc/'))
    .map((path) => `${digest(join(tree, path))}  ${path}\n`)
  const size = filesBelow(tree).reduce((sum, path) => sum + statSync(join(tree, path)).size, 0)
  const facts = {
    VERSION: manifest.version,
    ARCHITECTURE: architecture,
    MAINTAINER: maintainer(),
    SIZE: Math.ceil(size / 1024),
  }
  const control = readFileSync(join(debian, 'control'), 'utf8')
  const filled = control.replace(/@([A-Z]+)@/g, (_, name) => facts[name])
  write('DEBIAN/control', filled)
  write('DEBIAN/md5sums', sums.join(''))
  write('DEBIAN/conffiles', '/etc/cms-oauth/config.toml\n')
  for (const name of ['postinst', 'prerm', 'postrm']) {
    write(`DEBIAN/${name}`, readFileSync(join(debian, name)))
  }
}

function maintainer() {
  const { DEBFULLNAME: name, DEBEMAIL: address } = process.env
  return `${name ?? 'cms-oauth maintainers'} <${address ?? 'maintainers@cms-oauth.example'}>`
}

/** Modes and times as everywhere in Debian, whatever the umask and the clock were. */
function settle(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isSymbolicLink()) continue
    if (entry.isDirectory()) settle(path)
    else chmodSync(path, modeOf(path.slice(tree.length + 1)))
    utimesSync(path, changedAt, changedAt)
  }
  chmodSync(folder, 0o755)
  utimesSync(folder, changedAt, changedAt)
}

function modeOf(path) {
  if (path.startsWith('DEBIAN/p')) return 0o755
  // npm's archive of a platform marks the library as a program.
  const isProgram = (statSync(join(tree, path)).mode & 0o100) !== 0 && !path.endsWith('.node')
  return isProgram ? 0o755 : 0o644
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .toSorted()
}

function digest(path) {
  return createHash('md5').update(readFileSync(path)).digest('hex')
}

function compressed(path) {
  return gzipSync(readFileSync(path), { level: 9 })
}

function write(path, content) {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), content)
}

function run(program, args, env = {}) {
  return execFileSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
