import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

type Koffi = typeof import('koffi')

const require = createRequire(`${import.meta.dirname}/`)

/**
 * koffi's functions, loaded directly from its native module if there is one for glibc. Its own
 * entry point reads every property of node:util and so loads everything that Node defers: 2.5 MiB of
 * idle memory, 6 MiB on Node 24.
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
