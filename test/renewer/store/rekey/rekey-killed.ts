/** Seals a store in files again in a process of its own, which is killed at a call of the file system. */
import type { FileStoreConfiguration } from '../../../../src/configuration/configuration.ts'
import { rekeyFiles } from '../../../../src/renewer/store/rekey/rekey-files.ts'
import { interceptedFileSystem } from '../../../files/faulty-file-system.ts'

const { STATE = '', OLD = '', NEW = '', RUNTIME = '' } = process.env
const configuration = (path: string): FileStoreConfiguration => ({
  kind: 'files',
  stateDirectory: STATE,
  key: { from: 'file', path },
})

process.on('message', (callsLeft: number) => {
  let left = callsLeft
  const fileSystem = interceptedFileSystem(() => {
    left -= 1
    if (left < 0) process.kill(process.pid, 'SIGKILL')
  })
  const options = { runtimeDirectory: RUNTIME, deadlineMs: 1_000, onWaiting: () => {}, fileSystem }
  void rekeyFiles(configuration(OLD), configuration(NEW), options).then(() => process.exit(0))
})
process.send?.('ready')
