/**
 * Bundles what runs into dist/: one CommonJS file per process, with source maps, and beside it what is
 * rarely needed.
 * One file loads in half the memory and time of the modules it is made of.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { billOfMaterials, bundledLibraries, licenseTexts } from './packaging/bundled-libraries.mjs'

/**
 * What only some commands need, each in a file of its own: Node reads and compiles all of a file before
 * it runs a line of it, at 15 ms for the whole client where a bare Node starts in 20.
 */
const commandParts = {
  'client/manage': 'cms-oauth-manage',
  'client/commands/doctor': 'cms-oauth-doctor',
  'client/doctor/checks': 'cms-oauth-doctor-checks',
  'client/commands/init': 'cms-oauth-init',
  'configuration-file/load': 'cms-oauth-load-configuration',
  'mail/login-test': 'cms-oauth-login-test',
}
/** The same for sendmail, which is mostly called to hand over a message. */
const sendmailParts = { 'sendmail/other-modes': 'cms-oauth-sendmail-other' }
const allParts = { ...commandParts, ...sendmailParts }
const parts = {
  name: 'parts',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
      if (kind === 'entry-point') return undefined
      const file = allParts[relative('src', join(resolveDir, path)).slice(0, -3)]
      return file === undefined ? undefined : { path: `./${file}.cjs`, external: true }
    })
  },
}

/**
 * Libraries of providers, each in a file of its own: a renewer reads and compiles the one that its
 * provider needs, when it needs it. All in one file they took two fifths of its start.
 */
const providerLibraries = {
  '@azure/msal-node': 'cms-oauth-msal',
  'google-auth-library': 'cms-oauth-google-auth',
}
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^[@a-z]/ }, ({ path, kind }) =>
      kind !== 'entry-point' && Object.hasOwn(providerLibraries, path)
        ? { path: `./${providerLibraries[path]}.cjs`, external: true }
        : undefined,
    )
  },
}

/**
 * What is imported of these is loaded when it is first used, not when the program starts: a daemon
 * idles without them. Together they take 1.8 MiB on Node 20 and 3.5 on Node 24; pino asks for
 * worker_threads only to write in another thread. Their functions and classes are named, as each version of Node
 * has others and the bundle should not depend on who builds it; constants are undefined.
 */
const lazyFunctions = {
  'node:crypto': [
    'X509Certificate',
    'createHash',
    'createHmac',
    'createPrivateKey',
    'generateKeyPairSync',
    'pbkdf2Sync',
    'randomBytes',
    'sign',
    'timingSafeEqual',
  ],
  'node:http': ['createServer'],
  'node:inspector': ['url'],
  worker_threads: ['Worker'],
}

const lazy = {
  name: 'lazy',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, namespace }) => {
      if (!Object.hasOwn(lazyFunctions, path)) return undefined
      return namespace === 'lazy' ? { path, external: true } : { path, namespace: 'lazy' }
    })
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const contents = lazyFunctions[path].map(
        (name) => `export function ${name}(...parameters) {
          const { ${name}: loaded } = require('${path}')
          return new.target ? new loaded(...parameters) : loaded(...parameters)
        }`,
      )
      return { contents: contents.join('\n') }
    })
  },
}

/**
 * What the refusals of providers mean is asked for when a sign-in has failed: a daemon idles with 0.5 MiB
 * less without the tables on Node 20, with 2.5 on Node 24. Where their file is gone, as after an upgrade under a running daemon, the
 * provider's own words are shown alone.
 */
const explanations = {
  name: 'explanations',
  setup({ onResolve, onLoad }) {
    const file = './cms-oauth-explanations.cjs'
    onResolve({ filter: /\/explanations\.ts$/ }, ({ path }) => ({ path, namespace: 'later' }))
    onResolve({ filter: /^\.\/cms-oauth-explanations/ }, () => ({ path: file, external: true }))
    onLoad({ filter: /.*/, namespace: 'later' }, () => ({
      contents: `export function findExplanation(answer) {
        try {
          return require('${file}').findExplanation(answer)
        } catch {
          return undefined
        }
      }`,
    }))
  },
}

const buildId = await hashOfSources()
await rm('dist', { recursive: true, force: true })
const outputs = Object.assign(
  await bundle({ 'cms-oauthd': 'src/daemon/main.ts' }, [lazy, explanations]),
  await bundle({ 'cms-oauth-renewer': 'src/renewer/main.ts' }, [apart, explanations]),
  await bundle({ 'cms-oauth-explanations': 'src/oauth/explanations.ts' }, []),
  await bundle({ 'cms-oauth': 'src/client/main.ts', ...entryPointsOf(commandParts) }, [parts]),
  await bundle({ 'cms-oauth-sendmail': 'src/sendmail/main.ts', ...entryPointsOf(sendmailParts) }, [
    parts,
  ]),
  await bundle(
    {
      'cms-oauth-configuration': 'src/configuration-file/main.ts',
      'cms-oauth-bridge': 'src/bridge/main.ts',
      'cms-oauth-sender': 'src/sender/main.ts',
      'cms-oauth-outbox': 'src/outbox/main.ts',
      'cms-oauth-follower': 'src/follower/main.ts',
    },
    [apart],
  ),
  await bundle(
    Object.fromEntries(Object.entries(providerLibraries).map(([library, file]) => [file, library])),
    [],
  ),
)
await writeManualPages()
await writeFile('dist/inputs.json', JSON.stringify(inputsByOutput()))
const manifest = JSON.parse(await readFile('package.json', 'utf8'))
const libraries = await bundledLibraries(outputs)
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await licenseTexts(libraries))
const materials = await billOfMaterials(manifest, libraries, outputs)
await writeFile('dist/sbom.cdx.json', `${JSON.stringify(materials, undefined, 2)}\n`)

/** The same for the same sources and libraries: what tells a child of another build. */
async function hashOfSources() {
  const names = await readdir('src', { recursive: true, withFileTypes: true })
  const files = names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`)
    .toSorted()
  const hash = createHash('sha256')
  for (const file of [...files, 'package.json', 'package-lock.json', 'bundle.mjs']) {
    hash.update(`${file}\n`).update(await readFile(file))
  }
  return hash.digest('hex').slice(0, 16)
}

function entryPointsOf(parts) {
  return Object.fromEntries(
    Object.entries(parts).map(([module, file]) => [file, `src/${module}.ts`]),
  )
}

/** What the files of dist/ were made of. */
async function bundle(entryPoints, plugins) {
  const { metafile } = await build({
    entryPoints,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    // require() in its place: import() of a CommonJS file first searches its text for names of exports.
    supported: { 'dynamic-import': false },
    sourcemap: 'linked',
    sourcesContent: false,
    // V8 keeps the source text as long as the process lives; names stay, and source maps give lines.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    define: {
      'import.meta.dirname': '__dirname',
      CMS_OAUTH_BUILD_ID: JSON.stringify(buildId),
    },
    metafile: true,
    logLevel: 'warning',
    plugins,
  })
  return metafile.outputs
}

/** The pages are made from the tables of options and keys, by a program that is not shipped. */
async function writeManualPages() {
  const program = 'dist/man-pages.cjs'
  await build({
    entryPoints: ['src/man-pages/main.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'warning',
  })
  execFileSync(process.execPath, [program, 'dist/man'], { stdio: 'inherit' })
  await rm(program)
}

function inputsByOutput() {
  return Object.fromEntries(
    Object.entries(outputs)
      .filter(([output]) => output.endsWith('.cjs'))
      .map(([output, { inputs }]) => [output, Object.keys(inputs)]),
  )
}
