import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { ConfigInvalidError } from '../errors.ts'
import { readFileIfThere } from '../files/read-file.ts'

interface FoundFile {
  path: string
  text: string
  /** The stats of the file that was read, even if its name leads elsewhere by now. */
  stats: Stats
}

/**
 * Reads the first of the files that exists.
 * @throws InsecureFileModeError where others could change it
 * @throws ConfigInvalidError where none exists, or it is not a file, or not in UTF-8
 */
export function readFirst(candidates: readonly string[]): FoundFile {
  for (const path of candidates) {
    const found = readFileIfThere({
      path,
      what: 'configuration',
      kind: 'configuration',
      unreadable: ConfigInvalidError,
      hint: 'check the file and the directories above it; if it is that of the machine, do this as root, or run "cms-oauth init" for one of your own',
    })
    if (found === undefined) continue
    const { bytes, stats } = found
    if (isUtf8(bytes)) return { path, text: bytes.toString(), stats }
    throw new ConfigInvalidError(`the configuration "${path}" is not in UTF-8`, {
      hint: 'save it in that encoding',
    })
  }
  const places = candidates.map((path) => `"${path}"`).join(' and ')
  throw new ConfigInvalidError(`there is no configuration: looked for ${places}`, {
    hint: 'run "cms-oauth init", which writes one, or name it with --config',
  })
}
