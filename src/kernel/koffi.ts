import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { findPackage } from '../package/find-package.ts'

type Koffi = typeof import('koffi')

/**
 * koffi's functions, loaded directly from its native module if there is one for glibc. Its own
 * entry point reads every property of node:util and so loads everything that Node defers: 2.5 MiB of
 * idle memory, 6 MiB on Node 24.
 */
export const koffi: Koffi = loadNative() ?? loadPackage()

function loadNative(): Koffi | undefined {
  if (isOfMusl()) return undefined
  const own = findPackage('koffi', import.meta.dirname)
  const platform = own && findPackage(`@koromix/koffi-linux-${process.arch}`, own)
  if (platform === undefined) return undefined
  try {
    const native = { exports: {} }
    process.dlopen(native, join(platform, `linux_${process.arch}`, 'koffi.node'))
    return native.exports as Koffi
  } catch {
    return undefined
  }
}

function loadPackage(): Koffi {
  const { createRequire } = process.getBuiltinModule('node:module')
  return createRequire(`${import.meta.dirname}/`)('koffi') as Koffi
}

/** The loader of the C library is named in the first page of most programs, which is read much faster. */
function isOfMusl(): boolean {
  if (firstPage('/proc/self/exe').includes('/ld-linux-')) return false
  return readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-')
}

function firstPage(path: string): Buffer {
  const page = Buffer.alloc(4_096)
  const descriptor = openSync(path, 'r')
  try {
    readSync(descriptor, page, 0, page.length, 0)
    return page
  } finally {
    closeSync(descriptor)
  }
}
