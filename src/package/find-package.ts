import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The directory of a package that a directory's modules would be given, undefined if there is none:
 * require.resolve would say it too, but node:module takes a tenth of the start of every process.
 */
export function findPackage(name: string, directory: string): string | undefined {
  const path = join(directory, 'node_modules', name)
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(directory)
  return parent === directory ? undefined : findPackage(name, parent)
}
