import * as nodeFs from 'node:fs'
import type { FileSystem } from '../../../src/files/replaced-file.ts'

const errnos = { ENOSPC: 28, EIO: 5, EROFS: 30, EDQUOT: 122, EPERM: 1, EACCES: 13 }

/** A fault that a disk can have. */
export type FaultCode = keyof typeof errnos

/** The real file system, on which a call can be made to fail. */
export class FaultyFileSystem implements FileSystem {
  /** What fails, and how; undefined: nothing does. */
  fault: { call: keyof FileSystem; code: FaultCode } | undefined
  /** Called before each call, with its name. */
  before: (call: keyof FileSystem) => void = () => {}

  openSync = this.#wrap('openSync', nodeFs.openSync)
  fchownSync = this.#wrap('fchownSync', nodeFs.fchownSync)
  fchmodSync = this.#wrap('fchmodSync', nodeFs.fchmodSync)
  writeSync = this.#wrap('writeSync', nodeFs.writeSync) as typeof nodeFs.writeSync
  renameSync = this.#wrap('renameSync', nodeFs.renameSync)
  unlinkSync = this.#wrap('unlinkSync', nodeFs.unlinkSync)
  readdirSync = this.#wrap('readdirSync', nodeFs.readdirSync) as typeof nodeFs.readdirSync

  /** The descriptor is closed even where close reports an error. */
  closeSync = (fd: number): void => {
    nodeFs.closeSync(fd)
    this.#intercept('closeSync')
  }

  #wrap<A extends unknown[], R>(call: keyof FileSystem, run: (...parameters: A) => R) {
    return (...parameters: A): R => {
      this.#intercept(call)
      return run(...parameters)
    }
  }

  #intercept(call: keyof FileSystem): void {
    this.before(call)
    if (this.fault?.call !== call) return
    const { code } = this.fault
    const syscall = call.replace(/Sync$/, '')
    const error = new Error(`${code}: injected, ${syscall}`)
    throw Object.assign(error, { code, errno: -errnos[code], syscall })
  }
}
