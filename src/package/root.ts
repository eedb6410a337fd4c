import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The directory of this package, where bin/, dist/ and examples/ are. */
export const packageRoot: string = findRoot(import.meta.dirname)

function findRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findRoot(dirname(directory))
}
