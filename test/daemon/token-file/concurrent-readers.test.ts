/** Programs that open the file at any moment, in a thread of their own. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { replaceFile } from '../../../src/files/replaced-file.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'

const replacements = 2_000
const ownership = process.geteuid?.() === 0 ? { uid: 64_321, gid: 64_322 } : undefined
const rights = { mode: 0o640, ownership }

/** Reads until it finds the last text; posts what it saw that should not be. */
const reader = `
  const { closeSync, fstatSync, openSync, readFileSync } = require('node:fs')
  const { parentPort, workerData } = require('node:worker_threads')
  const { path, last } = workerData
  const wrong = new Set(), texts = new Set()
  parentPort.postMessage('ready')
  for (let text = ''; text !== last;) {
    const fd = openSync(path, 'r')
    const { mode, uid, gid } = fstatSync(fd)
    text = readFileSync(fd, 'utf8')
    closeSync(fd)
    texts.add(text)
    const [number, ...rest] = text.split(' ')
    if (rest.length !== 500 || rest.some((word) => word !== number)) wrong.add('partial: ' + text)
    if ((mode & 0o7777) !== 0o640) wrong.add('mode ' + mode.toString(8))
    if (workerData.uid !== undefined && (uid !== workerData.uid || gid !== workerData.gid)) {
      wrong.add('owner ' + uid + ':' + gid)
    }
  }
  parentPort.postMessage({ wrong: [...wrong], texts: texts.size })`

function textOf(number: number): string {
  return Array.from({ length: 501 }, () => number).join(' ')
}

test('nobody ever sees a missing, a partial or a wrongly owned file', async (t) => {
  const path = join(temporaryDirectory(t), 'token')
  replaceFile(path, textOf(0), rights)
  const last = textOf(replacements)
  const worker = new Worker(reader, { eval: true, workerData: { path, last, ...ownership } })
  await once(worker, 'message')
  const result = once(worker, 'message')
  for (let number = 1; number <= replacements; number++) {
    replaceFile(path, textOf(number), rights)
    // Lets an error of the reader through.
    if (number % 100 === 0) await new Promise(setImmediate)
  }
  const [{ wrong, texts }] = (await result) as [{ wrong: string[]; texts: number }]
  assert.deepEqual(wrong, [])
  assert.ok(texts > 10, `${texts} different texts were seen`)
})
