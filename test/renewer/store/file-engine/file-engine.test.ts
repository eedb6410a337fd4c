import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openFileEngine } from '../../../../src/renewer/store/file-engine/file-engine.ts'
import { recordName } from '../../../../src/renewer/store/sealed-file.ts'
import { interceptedFileSystem, systemError } from '../../../files/faulty-file-system.ts'
import { type EngineWorld, testEngine } from '../engine-contract.ts'
import { issuer as usualIssuer } from '../place.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

function make(t: TestContext): EngineWorld {
  const stateDirectory = join(temporaryDirectory(t), 'state')
  const disk = { isFull: false }
  const fileSystem = interceptedFileSystem((call) => {
    if (disk.isFull && call === 'writeSync') throw systemError('ENOSPC', 28)
  })
  return {
    open: (issuer = usualIssuer) => {
      const engine = openFileEngine({
        stateDirectory,
        issuer: () => issuer,
        lockLimitMs: 300,
        fileSystem,
      })
      t.after(() => engine.close())
      return engine
    },
    refuseWrites: (isRefused) => {
      disk.isFull = isRefused
    },
    tear: (key) => {
      const path = join(stateDirectory, recordName(key))
      truncateSync(path, statSync(path).size / 2)
    },
    dieWriting: async () => {
      const path = join(stateDirectory, '.0123456789abcdef-0123456789abcdef.tmp')
      writeFileSync(path, 'half', { mode: 0o600 })
    },
    leftovers: () => readdirSync(stateDirectory).filter((name) => name.endsWith('.tmp')),
  }
}

testEngine('files', 'alone', make)
