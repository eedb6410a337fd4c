/**
 * The RPM holds what the Debian package holds, on both processors, and is the same bytes each time; RPM itself
 * installs, checks and erases it. Needs root, dpkg-deb, rpm and the platform part of koffi from npm's registry.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { lstatSync, mkdirSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import { requireRoot } from './require-root.ts'

const repository = join(import.meta.dirname, '..', '..')
const directory = mkdtempSync(join(tmpdir(), 'rpm-'))
const processors = { x86_64: 'amd64', aarch64: 'arm64' }
/** What only one of them has, and its place in the other. */
const ownPlaces: Record<string, string | undefined> = {
  'usr/share/zsh/vendor-completions/_cms-oauth': 'usr/share/zsh/site-functions/_cms-oauth',
  'usr/share/doc/cms-oauth/changelog.gz': undefined,
  'usr/share/lintian/overrides/cms-oauth': undefined,
}

/** Builds it as npm run does; where it is now. */
function build(kind: 'deb' | 'rpm', arch: string): string {
  const args = [`packaging/${kind}.mjs`, '--arch', arch]
  const made = execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' }).trim()
  const path = join(directory, basename(made))
  renameSync(made, path)
  return path
}

/** The mode and the content of each file below a folder. */
function contentOf(folder: string): Map<string, string> {
  const content = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path)
    const mode = (lstatSync(path).mode & 0o7777).toString(8)
    const digest = createHash('sha256').update(bytes).digest('hex')
    content.set(path.slice(folder.length + 1), `${mode} ${digest}`)
  }
  return content
}

function unpacked(name: string, unpack: (folder: string) => void): Map<string, string> {
  const folder = join(directory, name)
  mkdirSync(folder)
  unpack(folder)
  return contentOf(folder)
}

describe('the RPM', () => {
  before(() => {
    requireRoot()
    installedProgram('rpmbuild', 'rpm')
  })
  after(() => rmSync(directory, { recursive: true }))

  for (const [rpmArch, debArch] of Object.entries(processors)) {
    test(`for ${rpmArch} holds what the Debian package for ${debArch} holds`, () => {
      const rpm = build('rpm', rpmArch)
      const theirs = unpacked(`rpm-${rpmArch}`, (folder) => {
        const tar = execFileSync('rpm2archive', ['-'], {
          input: readFileSync(rpm),
          maxBuffer: 2 ** 28,
        })
        execFileSync('tar', ['-xz', '-C', folder], { input: tar })
      })
      const deb = build('deb', debArch)
      const expected = new Map<string, string>()
      const ours = unpacked(debArch, (folder) => execFileSync('dpkg-deb', ['-x', deb, folder]))
      for (const [path, content] of ours) {
        const place = path in ownPlaces ? ownPlaces[path] : path
        if (place !== undefined) expected.set(place, content)
      }
      assert.deepEqual(theirs, expected)
      const again = readFileSync(rpm)
      assert.ok(again.equals(readFileSync(build('rpm', rpmArch))), 'other bytes')
    })
  }

  test('is installed, checked and erased by rpm, which leaves nothing', () => {
    const tree = join(directory, 'root')
    const rpm = (...args: string[]) =>
      execFileSync('rpm', ['--force-debian', '--root', tree, '--nodeps', ...args], {
        encoding: 'utf8',
      })
    mkdirSync(tree)
    rpm('--noscripts', '--install', build('rpm', 'x86_64'))
    assert.equal(rpm('--verify', 'cms-oauth'), '')
    assert.ok(existsSync(join(tree, 'usr/bin/cms-oauthd')))
    rpm('--noscripts', '--erase', 'cms-oauth')
    assert.deepEqual(
      readdirSync(tree, { recursive: true }).filter((path) => String(path).includes('cms-oauth')),
      [],
    )
  })

  test('has scripts that a shell can read', () => {
    const spec = readFileSync(join(repository, 'packaging/rpm/cms-oauth.spec'), 'utf8')
    for (const section of ['post', 'preun', 'postun']) {
      const [, script = ''] = spec.split(`%${section}\n`)
      const [text = ''] = script.split(/^%/m)
      const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })
      assert.equal(status, 0, `${section}: ${stderr}`)
      assert.match(text, /systemctl/)
    }
  })
})
