import * as nodeFs from 'node:fs'
import type { FileSystem } from '../../src/files/durable-file.ts'

/** A system error as Node throws it. */
export function systemError(code: string, errno: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code, errno: -errno })
}

/** The real file system, but each call goes through `intercept` first, which may throw. */
export function interceptedFileSystem(intercept: (call: keyof FileSystem) => void): FileSystem {
  const wrap =
    <A extends unknown[], R>(name: keyof FileSystem, call: (...parameters: A) => R) =>
    (...parameters: A): R => {
      intercept(name)
      return call(...parameters)
    }
  return {
    openSync: wrap('openSync', nodeFs.openSync),
    writeSync: wrap('writeSync', nodeFs.writeSync) as typeof nodeFs.writeSync,
    ftruncateSync: wrap('ftruncateSync', nodeFs.ftruncateSync),
    fsyncSync: wrap('fsyncSync', nodeFs.fsyncSync),
    // The descriptor is closed even where close reports an error.
    closeSync: (fd) => {
      nodeFs.closeSync(fd)
      intercept('closeSync')
    },
    renameSync: wrap('renameSync', nodeFs.renameSync),
    linkSync: wrap('linkSync', nodeFs.linkSync),
    unlinkSync: wrap('unlinkSync', nodeFs.unlinkSync),
  }
}
