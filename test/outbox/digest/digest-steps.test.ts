/**
 * Whatever happens between two steps of a digest, each message is there once: on its own, or in the digest. A process
 * is killed, the disk refuses a call, or power is lost and with it any of the renames that no sync has made stay.
 */
import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  type DigestFileSystem,
  finishDigests,
  placeDigest,
  replaceDigest,
} from '../../../src/outbox/spool/digest-steps.ts'
import { entryId } from '../../../src/outbox/spool/entry-id.ts'
import { atOnce } from '../../../src/outbox/spool/in-steps.ts'
import { Spool } from '../../../src/outbox/spool/spool.ts'
import { readEntry } from '../../../src/sender/spool-entry.ts'
import { interceptedFileSystem, systemError } from '../../files/faulty-file-system.ts'

const message = Buffer.from('To: me@example.org\r\n\r\nAll is well.\r\n')
const ids = [1, 2].map((at) => entryId(at, '0123456789ab'))
const digest = entryId(1, 'ba9876543210', 'digest')

function headOf(id: string) {
  const rcpt = ['me@example.org']
  const size = message.length
  return { v: 1, id, at: 1, uid: 1000, login: 'alice', rcpt, size, message_id: '<1@example.com>' }
}

function directory(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'cms-oauth-digest-'))
  t.after(() => rmSync(made, { recursive: true }))
  return made
}

/** A spool with the messages. */
function spoolIn(path: string): string {
  rmSync(path, { recursive: true, force: true })
  const spool = new Spool(path)
  spool.prepare()
  for (const id of ids) spool.add(headOf(id), message)
  return path
}

function makeDigest(spool: string, fs: DigestFileSystem): void {
  atOnce(placeDigest(spool, { ...headOf(digest), holds: ids }, message, fs))
  atOnce(finishDigests(spool, fs))
}

/** A spool with a digest of the messages. */
function digestIn(path: string): string {
  makeDigest(spoolIn(path), nodeFs)
  return path
}

const held = ids.map((id) => ({ head: { ...headOf(id), apart: true }, message }))

function takeApart(spool: string, fs: DigestFileSystem): void {
  atOnce(replaceDigest(spool, digest, held, fs))
  atOnce(finishDigests(spool, fs))
}

/** What is done in steps. */
const works: Record<
  string,
  {
    prepare: (path: string) => string
    work: (spool: string, fs: DigestFileSystem) => void
    /** Whether a digest is there afterwards. */
    isMade: boolean
  }
> = {
  'a digest is made': { prepare: spoolIn, work: makeDigest, isMade: true },
  'a digest is taken apart': { prepare: digestIn, work: takeApart, isMade: false },
}

function names(spool: string, folder: string): string[] {
  return readdirSync(join(spool, folder)).toSorted()
}

/** Nothing that could be sent now would be sent twice. */
function assertApart(spool: string, what: string): void {
  const waiting = names(spool, 'new')
  if (waiting.includes(digest)) assert.deepEqual(waiting, [digest], what)
}

/** After whoever starts next has looked, all is in the digest, or nothing. True: in the digest. */
function assertOnce(spool: string, what: string): boolean {
  new Spool(spool).prepare()
  const { held: inDigest } = atOnce(finishDigests(spool))
  assert.deepEqual([names(spool, 'tmp'), names(spool, 'taken')], [[], []], what)
  const waiting = names(spool, 'new')
  const isMade = waiting.includes(digest)
  assert.deepEqual(waiting, isMade ? [digest] : ids, what)
  for (const id of waiting) assert.deepEqual(readEntry(spool, id)?.message, message, what)
  // Whoever asks again for one that is in the digest hears yes.
  const known = new Set([...names(spool, 'sent'), ...inDigest.keys()])
  assert.deepEqual([...known].toSorted(), isMade ? ids : [], what)
  return isMade
}

class Killed extends Error {}

/** Ends the process before a call, or refuses the call with an error of the system. */
function until(calls: number, error: () => Error) {
  let count = 0
  const fs = interceptedFileSystem(() => {
    const failure = error()
    const isDue = failure instanceof Killed ? count >= calls : count === calls
    count += 1
    if (isDue) throw failure
  })
  return { fs: { ...nodeFs, ...fs }, isOver: () => count > calls }
}

function attempt(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Killed) && (error as NodeJS.ErrnoException).code !== 'EIO') throw error
  }
}

for (const [what, { prepare, work, isMade }] of Object.entries(works)) {
  test(`${what}: whoever is killed at any call, and whoever goes on is killed too: each message is there once`, (t) => {
    const [at, again] = [join(directory(t), 'one'), join(directory(t), 'two')]
    const came = new Set<boolean>()
    for (let calls = 0, isOver = true; isOver; calls++) {
      const killed = until(calls, () => new Killed())
      prepare(at)
      attempt(() => work(at, killed.fs))
      assertApart(at, `killed at ${calls}`)
      for (let more = 0, isCut = true; isCut; more++) {
        rmSync(again, { recursive: true, force: true })
        cpSync(at, again, { recursive: true })
        const other = until(more, () => new Killed())
        attempt(() => atOnce(finishDigests(again, other.fs)))
        assertApart(again, `killed at ${calls} and ${more}`)
        came.add(assertOnce(again, `killed at ${calls} and ${more}`))
        isCut = other.isOver()
      }
      isOver = killed.isOver()
    }
    assert.equal(came.size, 2, 'it was done, or undone')
  })

  test(`${what}: a disk that refuses any call loses no message`, (t) => {
    const at = join(directory(t), 'spool')
    const came = new Set<boolean>()
    for (let calls = 0, isOver = true; isOver; calls++) {
      const { fs, isOver: isRefused } = until(calls, () => systemError('EIO', 5))
      prepare(at)
      attempt(() => work(at, fs))
      came.add(assertOnce(at, `refused at ${calls}`))
      isOver = isRefused()
    }
    assert.equal(came.size, 2, 'it was done, or undone')
  })

  test(`${what}: it is so once whoever does it has been told`, (t) => {
    const at = prepare(join(directory(t), 'spool'))
    work(at, nodeFs)
    assert.equal(assertOnce(at, what), isMade)
    assert.deepEqual(names(at, 'new'), isMade ? [digest] : ids)
  })
}

test('a digest without a sure place is undone', (t) => {
  const at = join(directory(t), 'spool')
  for (let calls = 0, isOver = true; isOver; calls++) {
    const { fs, isOver: isRefused } = until(calls, () => systemError('EIO', 5))
    let isPlaced = false
    spoolIn(at)
    attempt(() => {
      atOnce(placeDigest(at, { ...headOf(digest), holds: ids }, message, fs))
      isPlaced = true
    })
    assert.equal(assertOnce(at, `refused at ${calls}`), isPlaced, `refused at ${calls}`)
    isOver = isRefused()
  }
})

test('what was in a digest says so for good', (t) => {
  const at = digestIn(join(directory(t), 'spool'))
  takeApart(at, nodeFs)
  for (const id of ids) assert.equal(readEntry(at, id)?.head.apart, true)
})

/**
 * A rename, and what a power cut may leave of it: the old name, both, the new one, or none where that was not synced
 * first. What is removed goes to a grave.
 */
interface Rename {
  from: string
  to: string
  isRemoval?: true
  outcomes: ('undone' | 'both' | 'done' | 'lost')[]
}

/** The file system up to a call, with the renames so far that a power cut there may undo. */
function recorded(calls: number, renames: Rename[]) {
  const paths = new Map<number, string>()
  const killed = until(calls, () => new Killed())
  const fs: DigestFileSystem = {
    ...killed.fs,
    openSync: (path, ...rest) => {
      const fd = killed.fs.openSync(path, ...rest)
      paths.set(fd, String(path))
      return fd
    },
    renameSync: (from, to) => {
      killed.fs.renameSync(from, to)
      renames.push({ from: String(from), to: String(to), outcomes: ['undone', 'both', 'done'] })
    },
    unlinkSync: (path) => {
      const from = String(path)
      const to = join(dirname(dirname(from)), 'grave', String(renames.length))
      if (existsSync(from)) cpSync(from, to)
      killed.fs.unlinkSync(path)
      renames.push({ from, to, isRemoval: true, outcomes: ['undone', 'done'] })
    },
    fsyncSync: (fd) => {
      killed.fs.fsyncSync(fd)
      for (const rename of renames) afterSync(rename, paths.get(fd) ?? '')
    },
  }
  return { fs, isOver: killed.isOver }
}

function afterSync(rename: Rename, synced: string): void {
  const isNameSure = !rename.outcomes.includes('undone')
  if (rename.isRemoval && dirname(rename.from) === synced) rename.outcomes = ['done']
  else if (dirname(rename.from) === synced)
    rename.outcomes = isNameSure ? ['done'] : ['done', 'lost']
  else if (dirname(rename.to) === synced) {
    rename.outcomes = rename.outcomes.filter((each) => each !== 'undone' && each !== 'lost')
  }
}

/** Each choice of an outcome for each rename. */
function* choices(renames: readonly Rename[]): Generator<[Rename, Rename['outcomes'][number]][]> {
  const [first, ...rest] = renames
  if (first === undefined) return yield []
  for (const more of choices(rest)) {
    // A file system keeps the order of what it does to one file.
    const next = more.find(([{ from }]) => from === first.to)?.[1] ?? 'undone'
    const outcomes = next === 'undone' ? first.outcomes : (['done'] as const)
    for (const outcome of outcomes) yield [[first, outcome], ...more]
  }
}

/** Each spool that a power cut may leave, in the place of `after`. */
function* cuts(at: string, after: string, renames: readonly Rename[]): Generator<string> {
  const moved = (path: string) => join(after, basename(dirname(path)), basename(path))
  for (const chosen of choices(renames)) {
    rmSync(after, { recursive: true, force: true })
    cpSync(at, after, { recursive: true })
    for (const [{ from, to }, outcome] of chosen.toReversed()) {
      // Another one may have got the name of what was removed.
      if (outcome === 'undone' && !existsSync(moved(from))) renameSync(moved(to), moved(from))
      if (outcome === 'both') cpSync(moved(to), moved(from))
      if (outcome === 'lost') rmSync(moved(to))
    }
    yield chosen.map(([{ to }, outcome]) => `${outcome} ${to}`).join(', ')
  }
}

for (const [what, { prepare, work }] of Object.entries(works)) {
  test(`${what}: a power cut at any call loses no message and brings none back, whatever it undoes`, (t) => {
    const [at, next, after] = [directory(t), directory(t), directory(t)].map((each) =>
      join(each, 's'),
    )
    assert.ok(at !== undefined && next !== undefined && after !== undefined)
    const came = new Set<boolean>()
    let count = 0
    const cutAt = (spool: string, renames: readonly Rename[], where: string) => {
      for (const choice of cuts(spool, after, renames)) {
        came.add(assertOnce(after, `${where}: ${choice}`))
        count += 1
      }
    }
    for (let calls = 0, isOver = true; isOver; calls++) {
      const renames: Rename[] = []
      const { fs, isOver: isCut } = recorded(calls, renames)
      prepare(at)
      attempt(() => work(at, fs))
      cutAt(at, renames, `cut at ${calls}`)
      isOver = isCut()
      // Killed there, and the power is lost while the next process ends it.
      const isSure = renames.every(({ outcomes }) => outcomes.length === 1)
      for (let more = 0, isNextOver = isSure; !isNextOver; more++) {
        rmSync(next, { recursive: true, force: true })
        cpSync(at, next, { recursive: true })
        const moved = (path: string) => join(next, basename(dirname(path)), basename(path))
        const again = renames.map(({ from, to, outcomes, ...rest }) => {
          return { ...rest, from: moved(from), to: moved(to), outcomes: [...outcomes] }
        })
        const { fs: nextFs, isOver: isNextCut } = recorded(more, again)
        attempt(() => atOnce(finishDigests(next, nextFs)))
        cutAt(next, again, `killed at ${calls}, cut at ${more}`)
        isNextOver = !isNextCut()
      }
    }
    assert.equal(came.size, 2, 'it was done, or undone')
    t.diagnostic(`${count} power cuts`)
  })
}
