import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  makeSafeDirectory,
  requirePrivateDirectory,
  requireSafeDirectory,
} from '../../src/files/safe-directory.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { expectedError } from '../support/golden.ts'

const code = 'insecure_file_mode'
const skip = process.getuid?.() === 0 ? false : 'needs root, to give files away'
/** Without an entry in /etc/passwd. */
const stranger = 64_321

test('a private directory below a sticky one of root is safe', (t) => {
  const directory = temporaryDirectory(t)
  requireSafeDirectory(directory)
  requirePrivateDirectory(directory)
})

test('a directory of ours alone is refused when its group or all may write it', (t) => {
  const directory = temporaryDirectory(t)
  const message = new RegExp(`may write the directory "${directory}"$`)
  for (const mode of [0o720, 0o702, 0o722]) {
    chmodSync(directory, mode)
    const hint = new RegExp(`run "chmod go-w ${directory}"`)
    assert.throws(() => requirePrivateDirectory(directory), { code, message, hint })
  }
})

/** A directory whose rights are changed, one that holds it, and one that is in it. */
for (const place of ['itself', 'above', 'far above', 'behind a link', 'that holds a link']) {
  test(`a directory that another user can change is refused by name: ${place}`, { skip }, (t) => {
    const outer = temporaryDirectory(t)
    const open = join(outer, 'open')
    mkdirSync(join(open, 'in', 'ner'), { recursive: true, mode: 0o700 })
    const links = join(outer, 'links')
    mkdirSync(links)
    symlinkSync('../open/in/..', join(links, 'link'))
    symlinkSync(outer, join(open, 'back'))
    const path = {
      itself: open,
      above: join(open, 'in'),
      'far above': join(open, 'in', 'ner'),
      'behind a link': join(links, 'link', 'in', 'ner'),
      'that holds a link': join(open, 'back', 'links'),
    }[place]
    const refused = (rights: [number, number, number], who: string) => {
      const [uid, gid, mode] = rights
      chownSync(open, uid, gid)
      chmodSync(open, mode)
      const message = who.replace('DIR', `"${open}"`)
      assert.throws(() => requireSafeDirectory(path ?? ''), { code, message }, message)
    }
    refused([0, 0, 0o777], 'everybody may write the directory DIR')
    refused([0, 0, 0o702], 'everybody may write the directory DIR')
    refused([0, 8, 0o2770], 'the group "mail" may write the directory DIR')
    refused([stranger, 0, 0o700], `the directory DIR belongs to the user "${stranger}"`)
    refused([stranger, 0, 0o1777], `the directory DIR belongs to the user "${stranger}"`)
    refused([8, 8, 0o755], 'the directory DIR belongs to the user "mail"')
  })
}

/** What a stranger may put at a name that was free a moment ago. */
for (const [what, plant] of Object.entries({
  'a link': (path: string, elsewhere: string) => symlinkSync(elsewhere, path),
  'a link that leads nowhere': (path: string) => symlinkSync('/nonexistent/directory', path),
  'a directory': (path: string) => mkdirSync(path),
})) {
  for (const name of ['deep', 'deep/a']) {
    test(
      `nothing is made in ${what} of a stranger that comes to "${name}" in between`,
      { skip },
      (t) => {
        const outer = temporaryDirectory(t)
        const elsewhere = temporaryDirectory(t)
        chmodSync(outer, 0o1777)
        const place = join(outer, name)
        const make = ((path: string, mode: number) => {
          if (path === place) {
            plant(place, elsewhere)
            lchownSync(place, stranger, stranger)
          }
          return mkdirSync(path, mode)
        }) as typeof mkdirSync
        assert.throws(() => makeSafeDirectory(join(outer, 'deep/a/b'), 0o700, make), {
          code: 'insecure_file_mode',
        })
        assert.deepEqual(readdirSync(elsewhere), [])
        assert.equal(existsSync(join(place, 'a')) || existsSync(join(place, 'b')), false)
      },
    )
  }
}

test('missing directories are made one in the other, and said to be made once', (t) => {
  const outer = temporaryDirectory(t)
  const inner = join(outer, 'a/b/c')
  assert.equal(makeSafeDirectory(inner, 0o750), true)
  assert.equal(makeSafeDirectory(inner, 0o750), false)
  for (const path of [inner, join(outer, 'a')]) assert.equal(statSync(path).mode & 0o777, 0o750)
})

for (const [which, owners] of [
  ['a directory above, as a home is, stays whose it is', [stranger, 8]],
  ['the directory itself goes to whoever writes it', [0, stranger]],
] as const) {
  test(`the hint for a directory of a stranger: ${which}`, { skip }, (t) => {
    const outer = temporaryDirectory(t)
    const inner = join(outer, 'inner')
    mkdirSync(inner, { mode: 0o700 })
    chownSync(outer, owners[0], 0)
    chownSync(inner, owners[1], 0)
    const wrong = owners[0] === stranger ? outer : inner
    const refusal = expectedError(code, which, { wrong, stranger })
    for (const refuse of [requireSafeDirectory, requirePrivateDirectory]) {
      assert.throws(() => refuse(inner, 8), refusal)
    }
  })
}

test('nobody is told to take the runtime directory of another user', { skip }, (t) => {
  const directory = mkdtempSync('/run/safe-directory-')
  t.after(() => rmSync(directory, { recursive: true }))
  chownSync(directory, stranger, 0)
  const refusal = expectedError(code, 'a runtime directory of another user', {
    directory,
    stranger,
  })
  assert.throws(() => requireSafeDirectory(directory), refusal)
})

test(
  'a directory that others may write is safe where they cannot replace anything',
  { skip },
  (t) => {
    const outer = temporaryDirectory(t)
    const inner = join(outer, 'inner')
    mkdirSync(inner, { mode: 0o700 })
    const cases: [gid: number, mode: number][] = [
      [0, 0o1777],
      [8, 0o3770],
      // Nobody but root is in its group; nor is anybody in one without an entry.
      [0, 0o770],
      [stranger, 0o770],
    ]
    for (const [gid, mode] of cases) {
      chownSync(outer, 0, gid)
      chmodSync(outer, mode)
      requireSafeDirectory(inner)
      requireSafeDirectory(outer)
    }
  },
)

test('an ACL counts: what the group may do is then what somebody may', { skip }, (t) => {
  const directory = temporaryDirectory(t)
  execFileSync('setfacl', ['-m', `u:${stranger}:rwx`, directory])
  assert.throws(
    () => requireSafeDirectory(directory),
    expectedError(code, 'an ACL counts: what the group may do is then what somebody may', {
      directory,
    }),
  )
  execFileSync('setfacl', ['-m', `u:${stranger}:r-x`, directory])
  requireSafeDirectory(directory)
})

test('a link of somebody else in a sticky directory is not followed', { skip }, (t) => {
  const shared = temporaryDirectory(t)
  chmodSync(shared, 0o1777)
  const link = join(shared, 'link')
  symlinkSync(temporaryDirectory(t), link)
  requireSafeDirectory(link)
  lchownSync(link, stranger, stranger)
  assert.throws(
    () => requireSafeDirectory(link),
    expectedError(code, 'a link of somebody else in a sticky directory is not followed', {
      link,
      stranger,
    }),
  )
})

test('links in a circle end', (t) => {
  const link = join(temporaryDirectory(t), 'link')
  symlinkSync(link, link)
  assert.throws(() => requireSafeDirectory(link), { code: 'ELOOP' })
})
