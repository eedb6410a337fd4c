/**
 * Every kind of file with every owner, mode, link and ACL: what is refused, and that the command which
 * the refusal names ends it. The expectation is written down here once more, by hand.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ConfigInvalidError } from '../../src/errors.ts'
import {
  accessFault,
  isReadableFor,
  makeDirectoryOf,
  readCommand,
  requireDirectoryOf,
} from '../../src/files/file-access.ts'
import { excessOf, type FileKind, fileRules } from '../../src/files/file-rules.ts'
import { requireFile, readFileIfThere, readFileInBackground } from '../../src/files/read-file.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { asUser } from '../support/as-user.ts'
import { assertAdvice, expectedError } from '../support/golden.ts'

const skip = process.geteuid?.() === 0 ? false : 'needs root, to give files away'
/** The service is the user and the group "mail": both have names on every Debian. */
const owners = { own: 8, root: 0, stranger: 64_321 }
const readers = { nobody: 0o077, group: 0o027, all: 0o022 }

interface Expectation {
  ofRoot: keyof typeof readers
  ofUs: keyof typeof readers
  isLinkFollowed: boolean
  directory: 'any' | 'safe' | 'private'
}

const secret = { ofRoot: 'group', ofUs: 'nobody' } as const
const loose = { isLinkFollowed: true, directory: 'any' } as const
const strict = { isLinkFollowed: false, directory: 'private' } as const
const table: Record<Exclude<FileKind, 'tokenFile' | 'metricsFile' | 'socket'>, Expectation> = {
  configuration: { ofRoot: 'all', ofUs: 'all', ...loose },
  secretConfiguration: { ...secret, ...loose },
  secret: { ...secret, ...loose },
  credential: { ...secret, ...loose },
  projectedToken: { ofRoot: 'all', ofUs: 'nobody', ...loose },
  certificate: { ofRoot: 'all', ofUs: 'all', ...loose },
  program: { ofRoot: 'all', ofUs: 'all', ...loose },
  storeKey: { ...secret, ...strict },
  record: { ...secret, ...strict },
  seenGrants: { ...secret, ...strict },
  storeLock: { ...secret, ...strict },
  logFile: { ...secret, isLinkFollowed: false, directory: 'safe' },
}
const kinds = Object.keys(table) as (keyof typeof table)[]

const modes = [0o000, 0o400, 0o600, 0o440, 0o640, 0o444, 0o644, 0o604, 0o660, 0o620, 0o602, 0o666]
const listed = { none: 0, reader: 0o040, writer: 0o060 }

interface Case {
  owner: keyof typeof owners
  mode: number
  isLink: boolean
  acl: keyof typeof listed
}

/** Commands that were run once need not be run again for the next kind. */
const fixed = new Set<string>()

let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  chmodSync(directory, 0o755)
})
after(() => rmSync(directory, { recursive: true }))

function* cases(): Generator<Case> {
  for (const owner of ['own', 'root', 'stranger'] as const) {
    for (const isLink of [false, true]) {
      for (const mode of modes) yield { owner, mode, isLink, acl: 'none' }
    }
    for (const acl of ['reader', 'writer'] as const) {
      yield { owner, mode: 0o600, isLink: false, acl }
    }
  }
}

/** The code of the refusal; undefined: the service reads it. */
function expectedCode(kind: keyof typeof table, { owner, mode, isLink, acl }: Case) {
  const { ofRoot, ofUs, isLinkFollowed } = table[kind]
  if (isLink && !isLinkFollowed) return 'config_invalid'
  if (owner === 'stranger') return 'insecure_file_mode'
  const bits = mode | listed[acl]
  if ((bits & readers[owner === 'root' ? ofRoot : ofUs]) !== 0) return 'insecure_file_mode'
  const isReadable = (mode & (owner === 'own' ? 0o400 : 0o040)) !== 0
  return isReadable ? undefined : 'config_invalid'
}

for (const kind of kinds) {
  test(`${kind}: owner x mode x link x ACL`, { skip }, () => {
    for (const one of cases()) {
      const { owner, mode, isLink, acl } = one
      const real = join(directory, 'a file')
      const path = isLink ? join(directory, 'a link') : real
      writeFileSync(real, 'content')
      chownSync(real, owners[owner], owners.own)
      chmodSync(real, mode)
      if (acl !== 'none') {
        const rights = acl === 'reader' ? 'r' : 'rw'
        execFileSync('setfacl', ['-m', `u:${owners.stranger}:${rights}`, real])
      }
      if (isLink) symlinkSync(real, path)
      const file = { path, kind, what: 'thing', unreadable: ConfigInvalidError, hint: 'none' }
      const read = () =>
        asUser(owners.own, () => {
          requireFile(file)
          return readFileIfThere(file)?.bytes.toString()
        })
      const said = `${kind} ${JSON.stringify(one)} ${mode.toString(8)}`
      const error = refusalOf(read)
      assert.equal(error?.code, expectedCode(kind, one), `${said}: ${error?.message}`)
      if (error === undefined) assert.equal(read(), 'content', said)
      else if (!fixed.has(`${owner} ${error.hint}`)) assert.equal(fixAndRead(path, read), 'content')
      fixed.add(`${owner} ${error?.hint}`)
      rmSync(path)
      rmSync(real, { force: true })
    }
  })
}

/** Does what each refusal says; what keeps the service out beside that is told by the next one. */
function fixAndRead(path: string, read: () => string | undefined): string | undefined {
  for (let step = 0; step < 3; step++) {
    const error = refusalOf(read)
    if (error === undefined) return read()
    assert.ok(error.message.includes(`the thing "${path}"`), error.message)
    const [, command] = /run "(.+)"$/.exec(error.hint) ?? []
    assert.ok(command !== undefined, `${error.message}; ${error.hint}`)
    execFileSync('sh', ['-c', command])
  }
  return undefined
}

function refusalOf(read: () => unknown): (Error & { code: string; hint: string }) | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error as Error & { code: string; hint: string }
  }
}

test('what we make ourselves may be as open as the configuration says', () => {
  for (const kind of ['tokenFile', 'socket'] as const) {
    assert.equal(excessOf({ uid: 0, mode: 0o666 }, kind), undefined)
    assert.equal(fileRules[kind].link, 'replaced')
  }
})

const refusedModes: Record<Expectation['directory'], number[]> = {
  any: [],
  safe: [0o777, 0o770, 0o720],
  private: [0o777, 0o770, 0o720],
}

for (const [kind, { directory: wanted }] of Object.entries({
  ...table,
  tokenFile: { directory: 'safe' },
  socket: { directory: 'safe' },
} as Record<FileKind, Expectation>)) {
  test(`${kind}: its directory must be ${wanted}`, { skip }, (t) => {
    const place = join(temporaryDirectory(t), 'of it')
    mkdirSync(place)
    const file = { path: join(place, 'file'), kind: kind as FileKind }
    // A group in which somebody else is.
    chownSync(place, 0, owners.own)
    for (const mode of [0o700, 0o755, 0o777, 0o770, 0o720]) {
      chmodSync(place, mode)
      const isRefused = refusedModes[wanted].includes(mode)
      const error = refusalOf(() => requireDirectoryOf(file))
      assert.equal(error?.code, isRefused ? 'insecure_file_mode' : undefined, mode.toString(8))
      if (error === undefined) continue
      const [, command = ''] = /run "(chmod go-w [^"]+)"/.exec(error.hint) ?? []
      execFileSync('sh', ['-c', command])
      requireDirectoryOf(file)
    }
  })
}

test(
  'what is missing is made for us alone, unless it would be in a stranger’s hand',
  { skip },
  (t) => {
    const outer = temporaryDirectory(t)
    makeDirectoryOf({ path: join(outer, 'a', 'b', 'file'), kind: 'socket' })
    assert.equal(statSync(join(outer, 'a')).mode & 0o777, 0o700)
    assert.equal(statSync(join(outer, 'a', 'b')).mode & 0o777, 0o700)
    chmodSync(outer, 0o777)
    assert.throws(() => makeDirectoryOf({ path: join(outer, 'c', 'd', 'file'), kind: 'socket' }), {
      code: 'insecure_file_mode',
    })
    assert.throws(() => statSync(join(outer, 'c')), { code: 'ENOENT' })
  },
)

test('the rule is that of the user whose daemon it is, whoever asks', () => {
  const file = { path: '/etc/mail/secret', what: 'client secret', kind: 'secret' } as const
  const fault = (uid: number, mode: number, us: number) => accessFault(file, { uid, mode }, us)
  assert.equal(fault(8, 0o600, 8), undefined)
  assert.equal(fault(0, 0o640, 8), undefined)
  assert.deepEqual(fault(0, 0o600, 64_321), undefined)
  assertAdvice(fault(8, 0o640, 64_321), 'a file of another user', {
    path: '/etc/mail/secret',
    owner: '"mail"',
    us: 64_321,
  })
  assert.equal(isReadableFor({ uid: 0, mode: 0o640 }, 8), true)
  assert.equal(isReadableFor({ uid: 0, mode: 0o600 }, 8), false)
  assert.equal(
    readCommand(file.path, { uid: 0, mode: 0o600 }, 8),
    'chgrp $(id -gn mail) /etc/mail/secret && chmod g+r /etc/mail/secret',
  )
  assert.equal(readCommand(file.path, { uid: 8, mode: 0o200 }, 8), 'chmod u+r /etc/mail/secret')
  assert.equal(isReadableFor({ uid: 8, mode: 0o000 }, 0), true)
})

test('what is not a file, not there or too large is not read', async (t) => {
  const place = temporaryDirectory(t)
  const at = (name: string) => ({
    path: join(place, name),
    kind: 'secret' as const,
    what: 'thing',
    unreadable: ConfigInvalidError,
    hint: 'name another',
  })
  mkdirSync(join(place, 'directory'), { mode: 0o700 })
  execFileSync('mkfifo', ['-m', '600', join(place, 'fifo')])
  writeFileSync(join(place, 'large'), '', { mode: 0o600 })
  truncateSync(join(place, 'large'), fileRules.secret.mostBytes + 1)
  for (const name of ['directory', 'fifo', 'large']) {
    const key = name === 'large' ? 'larger than a secret' : 'not a regular file'
    const expected = expectedError('config_invalid', key, { path: at(name).path })
    assert.throws(() => readFileIfThere(at(name)), expected)
    await assert.rejects(readFileInBackground(at(name)), expected)
  }
  assert.equal(readFileIfThere(at('missing')), undefined)
  await assert.rejects(
    readFileInBackground(at('missing')),
    expectedError('config_invalid', 'not there', { path: at('missing').path }),
  )
  truncateSync(join(place, 'large'), fileRules.secret.mostBytes)
  assert.equal((await readFileInBackground(at('large'))).bytes.length, fileRules.secret.mostBytes)
})

test('a link that leads nowhere is named, with the command that removes it', (t) => {
  const path = join(temporaryDirectory(t), 'link')
  symlinkSync('nowhere', path)
  const file = { path, kind: 'storeKey', what: 'thing', unreadable: ConfigInvalidError } as const
  assert.throws(
    () => readFileIfThere({ ...file, hint: '' }),
    expectedError('config_invalid', 'a link that leads nowhere', { path }),
  )
  assert.equal(lstatSync(path).isSymbolicLink(), true)
})
