/** What esbuild inlined into dist/: the licences to pass on, and the bill of materials. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'

/**
 * The libraries of esbuild's outputs, in order of their names: each with its version, its licence, the
 * folder that it was read from and the bundles that it is in.
 */
export async function bundledLibraries(outputs) {
  const bundlesOf = new Map()
  for (const [output, { inputs }] of Object.entries(outputs)) {
    for (const folder of new Set(Object.keys(inputs).flatMap(folderOf))) {
      bundlesOf.set(folder, [...(bundlesOf.get(folder) ?? []), output])
    }
  }
  const libraries = Array.from(bundlesOf, async ([folder, bundles]) => {
    return { ...(await manifestOf(folder)), folder, bundles }
  })
  return (await Promise.all(libraries)).toSorted((a, b) => (a.folder < b.folder ? -1 : 1))
}

function folderOf(input) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.slice(1) ?? []
}

async function manifestOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'))
  return { name, version, license }
}

/** The licences' texts, which their terms ask to pass on. */
export async function licenseTexts(libraries) {
  const texts = libraries.map(async ({ name, version, license, folder }) => {
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file === undefined ? '' : await readFile(`${folder}/${file}`, 'utf8')
    return `${name} ${version} (${license})\n\n${text.trim()}\n`
  })
  return (await Promise.all(texts)).join(`\n${'-'.repeat(72)}\n\n`)
}

/**
 * A CycloneDX 1.6 document of the files in dist/: which libraries each one holds, and what is loaded
 * beside them. The same sources give the same bytes: it has no time and no serial number.
 */
export async function billOfMaterials(
  { name, version, license, dependencies },
  libraries,
  outputs,
) {
  const files = Object.keys(outputs).filter((output) => output.endsWith('.cjs'))
  const beside = await Promise.all(
    Object.keys(dependencies).map((library) => manifestOf(`node_modules/${library}`)),
  )
  const self = { type: 'application', 'bom-ref': reference({ name, version }), name, version }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...self, licenses: licensesOf(license) } },
    components: [
      ...(await Promise.all(files.map(fileComponent))),
      ...uniqueByReference(libraries).map((library) => libraryComponent(library)),
      ...beside.map((library) => libraryComponent(library)),
    ],
    dependencies: [
      { ref: self['bom-ref'], dependsOn: [...files, ...beside.map(reference)] },
      ...files.map((file) => ({
        ref: file,
        dependsOn: uniqueByReference(libraries.filter(({ bundles }) => bundles.includes(file))).map(
          reference,
        ),
      })),
    ],
  }
}

async function fileComponent(path) {
  const content = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  return {
    type: 'file',
    'bom-ref': path,
    name: basename(path),
    hashes: [{ alg: 'SHA-256', content }],
  }
}

function libraryComponent(library) {
  const { name, version, license } = library
  const purl = reference(library)
  return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: licensesOf(license) }
}

function licensesOf(license) {
  return /[ (]/.test(license) ? [{ expression: license }] : [{ license: { id: license } }]
}

/** The package URL. */
function reference({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

/** One version may lie in two folders. */
function uniqueByReference(libraries) {
  return [...new Map(libraries.map((library) => [reference(library), library])).values()]
}
