/** The direction of imports and the fences of the libraries. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..', '..', 'src')

/** From the ground up: a file imports from its own room or from one listed before it. */
const rooms = [
  'errors.ts',
  'finding.ts',
  'version.ts',
  'option-table.ts',
  'nearest-known.ts',
  'errno-words.ts',
  'parse-options.ts',
  'package-root.ts',
  'iso-time.ts',
  'build-id.ts',
  'program-files.ts',
  'kernel',
  'files',
  'logging',
  'sasl',
  'oauth',
  'config',
  'accounts',
  'providers',
  'store',
  'renewer',
  'tokens',
  'socket',
  'token-file',
  'inspection',
  'http-server',
  'sign-in',
  'control',
  'mail',
  'daemon',
  'cli',
  'man-pages',
]

const libraryFences: Record<string, RegExp> = {
  '@azure/msal-node': /^providers\/microsoft\//,
  'google-auth-library': /^providers\/google\//,
  'https-proxy-agent': /^providers\/https-request\.ts$/,
  koffi: /^kernel\//,
  pino: /^logging\//,
  'proper-lockfile': /^store\//,
  'env-paths': /^config\//,
  uqr: /^cli\/qr-code\.ts$/,
  'smol-toml': /^config\//,
  zod: /^(config\/|store\/record\.ts$)/,
}

/** The only doors of the command line's program. */
const clientDoors =
  /^(cli\/|mail\/|sasl\/|config\/|accounts\/|files\/|logging\/|(errors|finding|build-id|version|option-table|nearest-known|errno-words|parse-options|package-root|iso-time)\.ts$|socket\/fetch\.ts$|control\/(client|api|advice)\.ts$)/

interface Import {
  from: string
  to: string
  isTypeOnly: boolean
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .toSorted()
const imports = files.flatMap(importsOf)

function importsOf(from: string): Import[] {
  const text = readFileSync(join(source, from), 'utf8')
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm,
  )
  return Array.from(statements, ([, type, static_, dynamic]) => {
    const specifier = static_ ?? dynamic ?? ''
    const to = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier
    return { from, to, isTypeOnly: type !== undefined }
  })
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? ''
}

function inSource({ to }: Import): boolean {
  return files.includes(to)
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Every file that `entry` leads to; by imports that are not erased, so that running it loads them. */
function reachedFrom(
  entry: string,
  links: Import[] = imports.filter(({ isTypeOnly }) => !isTypeOnly),
): Set<string> {
  const reached = new Set([entry])
  for (const file of reached) {
    for (const { from, to } of links) if (from === file && files.includes(to)) reached.add(to)
  }
  return reached
}

test('every file lies in a room of the design', () => {
  assert.deepEqual(
    files.filter((file) => !rooms.includes(roomOf(file))),
    [],
  )
})

test('a file imports from its own room or from one below it', () => {
  const upward = imports.filter(inSource).filter(({ from, to }) => {
    return rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(from))
  })
  assert.deepEqual(upward, [])
})

test('no file imports itself in a circle, not even for a type', () => {
  const circles = files.filter((file) =>
    imports.some(({ from, to }) => from === file && reachedFrom(to, imports).has(file)),
  )
  assert.deepEqual(circles, [])
})

test('each library stays in its room', () => {
  const strays = imports.filter(({ from, to }) => {
    if (to.startsWith('node:') || to.startsWith('..') || files.includes(to)) return false
    const fence = libraryFences[packageOf(to)]
    return fence === undefined || !fence.test(from)
  })
  assert.deepEqual(strays, [])
})

test('the daemon reaches nothing of the providers and the store', () => {
  const reached = [...reachedFrom('daemon/main.ts')]
  assert.deepEqual(
    reached.filter((file) => /^(providers|store)\//.test(file)),
    [],
  )
  const renewer = reached.filter((file) => file.startsWith('renewer/'))
  assert.deepEqual(renewer.toSorted(), [
    'renewer/client.ts',
    'renewer/heartbeat-watch.ts',
    'renewer/messages.ts',
    'renewer/pending-jobs.ts',
    'renewer/renewer-log.ts',
    'renewer/renewer-lost-error.ts',
    'renewer/renewer-process.ts',
  ])
})

test('the client goes through its doors only', () => {
  const strays = imports.filter(inSource).filter(({ from, to }) => {
    return from.startsWith('cli/') && !clientDoors.test(to)
  })
  assert.deepEqual(strays, [])
})

test('a file has at most 250 lines', () => {
  const long = files.filter((file) => {
    return readFileSync(join(source, file), 'utf8').trimEnd().split('\n').length > 250
  })
  assert.deepEqual(long, [])
})
