import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  createFileDurably,
  type FileSystem,
  writerOf,
  removeFileDurably,
  writeFileDurably,
} from '../../src/files/durable-file.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { interceptedFileSystem, systemError } from './faulty-file-system.ts'

const before = Buffer.from('before')
const after = Buffer.from('after, and longer')
const tag = '0123456789abcdef'
const writerOn = (fs: FileSystem) => ({ tag, fs })

function writeOneByte(fd: number, bytes: unknown, offset: unknown): number {
  return nodeFs.writeSync(fd, bytes as Buffer, offset as number, 1)
}

function existingFile(t: TestContext): { directory: string; path: string } {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'file')
  nodeFs.writeFileSync(path, before, { mode: 0o600 })
  return { directory, path }
}

test('a file is synced before it gets its name, and the name before the call returns', (t) => {
  const { path } = existingFile(t)
  const calls: string[] = []
  writeFileDurably(path, after, writerOn(interceptedFileSystem((call) => calls.push(call))))
  assert.deepEqual(calls, [
    'openSync',
    'writeSync',
    'fsyncSync',
    'closeSync',
    'renameSync',
    'openSync',
    'fsyncSync',
    'closeSync',
  ])
  assert.deepEqual(nodeFs.readFileSync(path), after)
  assert.equal(nodeFs.statSync(path).mode & 0o777, 0o600)
})

for (const [code, errno] of [
  ['ENOSPC', 28],
  ['EIO', 5],
] as const) {
  test(`${code} at any step leaves the old file or the whole new one, and nothing beside`, (t) => {
    const { directory, path } = existingFile(t)
    for (let step = 0; ; step++) {
      nodeFs.writeFileSync(path, before)
      let calls = 0
      const fileSystem = interceptedFileSystem(() => {
        if (calls++ === step) throw systemError(code, errno)
      })
      const write = () => writeFileDurably(path, after, writerOn(fileSystem))
      if (step === 8) {
        write()
        break
      }
      assert.throws(write, { code, message: `${code}: injected` })
      // From the rename on the new file is there, but nobody may rely on it yet.
      assert.deepEqual(nodeFs.readFileSync(path), step <= 4 ? before : after)
      assert.deepEqual(nodeFs.readdirSync(directory), ['file'])
    }
  })
}

test('a disk that takes only part of a write gets the rest', (t) => {
  const { path } = existingFile(t)
  writeFileDurably(path, after, writerOn({ ...nodeFs, writeSync: writeOneByte }))
  assert.deepEqual(nodeFs.readFileSync(path), after)
})

test('a symbolic link in the place of the file is replaced, not followed', (t) => {
  const { directory, path } = existingFile(t)
  const link = join(directory, 'link')
  nodeFs.symlinkSync(path, link)
  writeFileDurably(link, after)
  assert.deepEqual(nodeFs.readFileSync(path), before)
  assert.equal(nodeFs.lstatSync(link).isSymbolicLink(), false)
})

test('a file that is to be made leaves one that is there alone', (t) => {
  const { directory, path } = existingFile(t)
  createFileDurably(path, after)
  assert.deepEqual(nodeFs.readFileSync(path), before)
  createFileDurably(join(directory, 'new'), after)
  assert.deepEqual(nodeFs.readFileSync(join(directory, 'new')), after)
  assert.deepEqual(nodeFs.readdirSync(directory), ['file', 'new'])
})

test('a file is removed for good once', (t) => {
  const { path } = existingFile(t)
  const calls: string[] = []
  const fileSystem = interceptedFileSystem((call) => calls.push(call))
  assert.equal(removeFileDurably(path, fileSystem), true)
  assert.deepEqual(calls, ['unlinkSync', 'openSync', 'fsyncSync', 'closeSync'])
  assert.equal(removeFileDurably(path), false)
})

const moduleUrl = new URL('../../src/files/durable-file.ts', import.meta.url).href
const faultsUrl = new URL('faulty-file-system.ts', import.meta.url).href

test('a writer killed at any step leaves the old file or the new one, and leftovers known as such', async (t) => {
  const { directory, path } = existingFile(t)
  const program = `
    import { writeFileDurably } from '${moduleUrl}'
    import { interceptedFileSystem } from '${faultsUrl}'
    let calls = 0
    writeFileDurably(process.argv[1], Buffer.from(process.argv[2]), { tag: '${tag}', fs: interceptedFileSystem(() => {
      if (calls++ === Number(process.argv[3])) process.kill(process.pid, 'SIGKILL')
    }) })`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program, path, after.toString()]
  for (let step = 0; step < 8; step++) {
    nodeFs.writeFileSync(path, before)
    const child = spawn(process.execPath, [...argv, `${step}`], { stdio: 'inherit' })
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
    assert.deepEqual(nodeFs.readFileSync(path), step <= 4 ? before : after)
    const leftovers = nodeFs.readdirSync(directory).filter((name) => name !== 'file')
    assert.equal(leftovers.length, Math.min(step, 4))
    assert.ok(
      leftovers.every((name) => writerOf(name) === tag),
      leftovers.join(),
    )
  }
})
