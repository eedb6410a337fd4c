import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { packageRoot } from '../package/root.ts'

/** A library inside the programs, or beside them. */
interface InlinedLibrary {
  name: string
  version: string
}

/** The parts of a CycloneDX document that are read here. */
interface BillOfMaterials {
  components: (InlinedLibrary & { type: string })[]
}

/** All of them, named as security advisories name them. @throws UsageError */
export function readInlinedLibraries(): InlinedLibrary[] {
  const { components } = JSON.parse(readBillOfMaterials()) as BillOfMaterials
  return components.filter(({ type }) => type === 'library')
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
