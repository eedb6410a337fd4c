/** An RPM of what was built, by the spec of rpm/. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { changedAt, documents, maintainer, manifest, root } from './package-tree.mjs'
import { run, wantedArchitecture, withTree } from './package-tree.mjs'

/** RPM's names of architectures, and Node's. */
const processors = { x86_64: 'x64', aarch64: 'arm64' }
const architecture = wantedArchitecture(processors)
/** Whole ones. */
const ownFolders = ['usr/lib/cms-oauth', documents]
const configuration = 'etc/cms-oauth/config.toml'

console.log(
  withTree({
    processor: processors[architecture],
    zshCompletions: 'usr/share/zsh/site-functions/_cms-oauth',
    complete: () => {},
    pack,
  }),
)

function pack(tree, workshop) {
  const spec = join(workshop, 'cms-oauth.spec')
  writeFileSync(spec, specOf(tree))
  const macros = {
    _topdir: join(workshop, 'rpmbuild'),
    // What is packed is what was built: nothing is stripped, compressed again or split.
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _build_id_links: 'none',
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  }
  const defined = Object.entries(macros).flatMap(([name, value]) => ['-D', `${name} ${value}`])
  run('rpmbuild', ['-bb', '--quiet', '--target', architecture, ...defined, spec], {
    SOURCE_DATE_EPOCH: String(changedAt),
  })
  const name = `cms-oauth-${manifest.version}-1.${architecture}.rpm`
  copyFileSync(join(macros._topdir, 'RPMS', architecture, name), join(root, name))
  return join(root, name)
}

function specOf(tree) {
  const facts = {
    VERSION: manifest.version,
    LICENSE: manifest.license,
    URL: manifest.homepage,
    MAINTAINER: maintainer(),
    TREE: tree.path,
    FILES: filesOf(tree),
  }
  const template = readFileSync(join(import.meta.dirname, 'rpm', 'cms-oauth.spec'), 'utf8')
  return template.replace(/@([A-Z]+)@/g, (_, name) => facts[name])
}

function filesOf(tree) {
  const files = tree.files({ withLinks: true })
  const shared = files.filter((path) => !ownFolders.some((folder) => path.startsWith(`${folder}/`)))
  return [...ownFolders, ...shared].map(entryOf).join('\n')
}

function entryOf(path) {
  if (path === configuration) return `%dir /etc/cms-oauth\n%config(noreplace) "/${path}"`
  return `${path === documents ? '%doc ' : ''}"/${path}"`
}
