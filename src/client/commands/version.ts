import { version } from '../../package/version.ts'
import { readInlinedLibraries } from '../inlined-libraries.ts'

/** Prints the version; if verbose also Node's and those of the libraries inside the programs. @throws UsageError */
export function runVersion(isVerbose: boolean): number {
  const lines = [`cms-oauth ${version}`, ...(isVerbose ? partsOfThePrograms() : [])]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

function partsOfThePrograms(): string[] {
  const libraries = readInlinedLibraries().map(({ name, version }) => `${name} ${version}`)
  return [`node ${process.versions.node}`, ...libraries.toSorted()]
}
