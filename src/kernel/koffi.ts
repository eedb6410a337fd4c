import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

type Koffi = typeof import('koffi')

const require = createRequire(`${import.meta.dirname}/`)

/**
 * koffi's functions, from its native half directly where that is a plain file for glibc. Its own entry
 * reads every property of node:util, which loads all that Node leaves for later: 2 MiB that a daemon
 * would idle with, on Node 24 up to 6.
 */
export const koffi: Koffi = loadNative() ?? (require('koffi') as Koffi)

function loadNative(): Koffi | undefined {
  if (readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-')) return undefined
  try {
    const ofKoffi = createRequire(require.resolve('koffi'))
    const platform = dirname(ofKoffi.resolve(`@koromix/koffi-linux-${process.arch}`))
    const native = { exports: {} }
    process.dlopen(native, join(platform, `linux_${process.arch}`, 'koffi.node'))
    return native.exports as Koffi
  } catch {
    return undefined
  }
}
