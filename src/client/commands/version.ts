import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { packageRoot } from '../../package/root.ts'
import { version } from '../../package/version.ts'

/** The parts of a CycloneDX document that are read here. */
interface BillOfMaterials {
  components: { type: string; name: string; version: string }[]
}

/**
 * Prints the version; if verbose also Node's and those of the libraries inside the programs, named as
 * security advisories name them. @throws UsageError
 */
export function runVersion(isVerbose: boolean): number {
  const lines = [`cms-oauth ${version}`, ...(isVerbose ? partsOfThePrograms() : [])]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

function partsOfThePrograms(): string[] {
  const { components } = JSON.parse(readBillOfMaterials()) as BillOfMaterials
  const libraries = components
    .filter(({ type }) => type === 'library')
    .map(({ name, version }) => `${name} ${version}`)
  return [`node ${process.versions.node}`, ...libraries.toSorted()]
}

function readBillOfMaterials(): string {
  const path = join(packageRoot, 'dist', 'sbom.cdx.json')
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const words = withErrnoWords((error as NodeJS.ErrnoException).code)
    throw new UsageError(`"${path}" cannot be read: ${words}`, { hint: 'install cms-oauth again' })
  }
}
