/** The files of a package, by one table for every kind of package. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'

export const root = join(import.meta.dirname, '..')
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
export const documents = 'usr/share/doc/cms-oauth'
const library = 'usr/lib/cms-oauth'

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
]

/** Where most shells look for the completions of packages; zsh's folder is each distribution's own. */
const completions = {
  bash: 'usr/share/bash-completion/completions/cms-oauth',
  fish: 'usr/share/fish/vendor_completions.d/cms-oauth.fish',
}

/** When the sources were last changed, in seconds: the same sources make the same package. */
export const changedAt = Number(
  process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct']).trim(),
)

/** The one that --arch names, or this machine's; `processors` are Node's names of them. */
export function wantedArchitecture(processors) {
  const { values } = parseArgs({ options: { arch: { type: 'string' } } })
  const own = Object.keys(processors).find((name) => processors[name] === process.arch)
  const architecture = values.arch ?? own
  if (Object.hasOwn(processors, architecture ?? '')) return architecture
  const names = Object.keys(processors).join(' or ')
  console.error(`there is no "${architecture ?? process.arch}" here: --arch is ${names}`)
  process.exit(64)
}

/** Lays out a package's files in a folder, with what `complete` adds, and has it packed. */
export function withTree({ processor, zshCompletions, complete, pack }) {
  const workshop = mkdtempSync(join(tmpdir(), 'cms-oauth-package-'))
  try {
    const tree = new PackageTree(join(workshop, 'tree'))
    tree.copyFiles()
    tree.addKoffi(processor, workshop)
    tree.addManualPages()
    tree.addCopyright()
    tree.addCompletions(zshCompletions)
    tree.linkPrograms()
    complete(tree)
    tree.settle()
    return pack(tree, workshop)
  } finally {
    rmSync(workshop, { recursive: true })
  }
}

/** Modes and times are as everywhere, whatever the umask and the clock were. */
class PackageTree {
  constructor(path) {
    this.path = path
  }

  copyFiles() {
    for (const [from, to] of copies) {
      mkdirSync(dirname(join(this.path, to)), { recursive: true })
      cpSync(join(root, from), join(this.path, to), { recursive: true })
    }
    // A manual page is read where man looks for it, and the picture by nobody.
    for (const path of [
      `${library}/dist/man`,
      `${library}/dist/inputs.json`,
      `${documents}/examples/sign-in-page.png`,
    ]) {
      rmSync(join(this.path, path), { recursive: true })
    }
  }

  /** What is JavaScript of koffi, and the part of it that is made for a processor. */
  addKoffi(processor, workshop) {
    cpSync(join(root, 'node_modules/koffi'), join(this.path, library, 'node_modules/koffi'), {
      recursive: true,
      filter: (path) =>
        !/\/koffi\/(?:doc|lib|vendor|cnoke\.cjs|src\/koffi\/src)$/.test(path) &&
        (statSync(path).isDirectory() || /\.(?:cjs|json)$/.test(path)),
    })
    const name = `@koromix/koffi-linux-${processor}`
    const to = join(this.path, library, 'node_modules', name)
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

  addManualPages() {
    for (const path of manifest.man) {
      this.write(
        `usr/share/man/man${path.at(-1)}/${basename(path)}.gz`,
        compressed(join(root, path)),
      )
    }
  }

  addCopyright() {
    this.write(`${documents}/copyright`, copyright())
    symlinkSync('../../share/doc/cms-oauth/examples', join(this.path, library, 'examples'))
  }

  addCompletions(zshCompletions) {
    for (const [shell, path] of Object.entries({ ...completions, zsh: zshCompletions })) {
      this.write(path, run(process.execPath, ['bin/cms-oauth.js', 'completion', shell]))
    }
  }

  linkPrograms() {
    mkdirSync(join(this.path, 'usr/bin'), { recursive: true })
    for (const [name, path] of Object.entries(manifest.bin)) {
      symlinkSync(`../lib/cms-oauth/${path}`, join(this.path, 'usr/bin', name))
    }
  }

  write(path, content) {
    mkdirSync(dirname(join(this.path, path)), { recursive: true })
    writeFileSync(join(this.path, path), content)
  }

  files({ withLinks = false } = {}) {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() || (withLinks && entry.isSymbolicLink()))
      .map(({ parentPath, name }) => join(parentPath, name).slice(this.path.length + 1))
      .toSorted()
  }

  settle(folder = this.path) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isSymbolicLink()) continue
      if (entry.isDirectory()) this.settle(path)
      else chmodSync(path, this.#modeOf(path.slice(this.path.length + 1)))
      utimesSync(path, changedAt, changedAt)
    }
    chmodSync(folder, 0o755)
    utimesSync(folder, changedAt, changedAt)
  }

  #modeOf(path) {
    if (path.startsWith('DEBIAN/p')) return 0o755
    // npm's archive of a platform marks the library as a program.
    const isProgram =
      (statSync(join(this.path, path)).mode & 0o100) !== 0 && !path.endsWith('.node')
    return isProgram ? 0o755 : 0o644
  }
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

/** Who DEBFULLNAME and DEBEMAIL say. */
export function maintainer() {
  const { DEBFULLNAME: name, DEBEMAIL: address } = process.env
  return `${name ?? 'cms-oauth maintainers'} <${address ?? 'maintainers@cms-oauth.example'}>`
}

function compressed(path) {
  return gzipSync(readFileSync(path), { level: 9 })
}

/** Runs a program in the repository; what it printed. */
export function run(program, args, env = {}) {
  return execFileSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
