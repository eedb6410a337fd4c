/** A Debian package of what was built, with the files of debian/. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { changedAt, documents, maintainer, manifest, root } from './package-tree.mjs'
import { run, wantedArchitecture, withTree } from './package-tree.mjs'

const debian = join(import.meta.dirname, 'debian')
/** Debian's names of architectures, and Node's. */
const processors = { amd64: 'x64', arm64: 'arm64' }
const architecture = wantedArchitecture(processors)

console.log(
  withTree({
    processor: processors[architecture],
    zshCompletions: 'usr/share/zsh/vendor-completions/_cms-oauth',
    complete,
    pack,
  }),
)

function complete(tree) {
  tree.write(
    'usr/share/lintian/overrides/cms-oauth',
    readFileSync(join(debian, 'lintian-overrides')),
  )
  tree.write(`${documents}/changelog.gz`, gzipSync(changelog(), { level: 9 }))
  addControl(tree)
}

function pack(tree) {
  const path = join(root, `cms-oauth_${manifest.version}_${architecture}.deb`)
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree.path, path], {
    SOURCE_DATE_EPOCH: String(changedAt),
  })
  return path
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

function addControl(tree) {
  const sums = tree
    .files()
    .filter((path) => !path.startsWith('etc/'))
    .map((path) => `${digest(join(tree.path, path))}  ${path}\n`)
  const size = tree.files().reduce((sum, path) => sum + statSync(join(tree.path, path)).size, 0)
  const facts = {
    VERSION: manifest.version,
    ARCHITECTURE: architecture,
    MAINTAINER: maintainer(),
    SIZE: Math.ceil(size / 1024),
  }
  const control = readFileSync(join(debian, 'control'), 'utf8')
  const filled = control.replace(/@([A-Z]+)@/g, (_, name) => facts[name])
  tree.write('DEBIAN/control', filled)
  tree.write('DEBIAN/md5sums', sums.join(''))
  tree.write('DEBIAN/conffiles', '/etc/cms-oauth/config.toml\n')
  for (const name of ['postinst', 'prerm', 'postrm']) {
    tree.write(`DEBIAN/${name}`, readFileSync(join(debian, name)))
  }
}

function digest(path) {
  return createHash('md5').update(readFileSync(path)).digest('hex')
}
