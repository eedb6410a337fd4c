import { join } from 'node:path'

/** The directory of this package, where bin/, dist/ and examples/ are. */
export const packageRoot: string = join(import.meta.dirname, '..')
