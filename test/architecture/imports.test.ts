/** A folder for each process, shared rooms below, between processes only messages; and the fences of the libraries. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..', '..', 'src')

/** Shared rooms from the ground up: a file imports from its own or from one listed before it. */
const sharedRooms = [
  'broker-error.ts',
  'errors.ts',
  'package',
  'shapes',
  'schedule',
  'kernel',
  'logging',
  'command-line',
  'files',
  'unix-http',
  'sasl',
  'oauth',
  'provider-facts',
  'configuration',
  'accounts',
  'secrets',
  'sealing',
  'https',
  'etcd',
  'socket-client',
  'mail',
  'spool',
  'messages',
  'fleet',
  'child-process',
]

/** What each process may reach beside its own room and the shared ones. */
const processes: Record<string, readonly string[]> = {
  'configuration-file': [],
  renewer: [],
  follower: [],
  daemon: [],
  bridge: [],
  sender: [],
  outbox: [],
  sendmail: [],
  // Before a daemon runs, `doctor` and `init` check the file themselves.
  client: ['configuration-file'],
  // A program of the build: it prints the tables of all others.
  'man-pages': ['configuration-file', 'daemon', 'client', 'outbox', 'sendmail'],
}

const libraryFences: Record<string, RegExp> = {
  '@azure/msal-node': /^renewer\/providers\/microsoft\//,
  'google-auth-library': /^renewer\/providers\/google\//,
  'https-proxy-agent': /^https\//,
  koffi: /^kernel\//,
  pino: /^logging\//,
  'proper-lockfile': /^renewer\/store\//,
  'env-paths': /^configuration\//,
  nodemailer: /^outbox\/submission\/parse-mailboxes\.ts$/,
  uqr: /^client\//,
  'smol-toml': /^configuration-file\//,
  zod: /^configuration-file\//,
}

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

function isBelow(room: string, other: string): boolean {
  const place = sharedRooms.indexOf(room)
  return place !== -1 && place < sharedRooms.indexOf(other)
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

/** Every file that `entry` leads to. */
function reachedFrom(entry: string): Set<string> {
  const reached = new Set([entry])
  for (const file of reached) {
    for (const { from, to } of imports) if (from === file && files.includes(to)) reached.add(to)
  }
  return reached
}

test('every file is in a room of the design', () => {
  const rooms = [...sharedRooms, ...Object.keys(processes)]
  assert.deepEqual(
    files.filter((file) => !rooms.includes(roomOf(file))),
    [],
  )
})

test('a file reaches its own process or shared rooms, and a shared room those below it', () => {
  const strays = imports.filter(inSource).filter(({ from, to }) => {
    const [ours, theirs] = [roomOf(from), roomOf(to)]
    if (ours === theirs) return false
    const reach = processes[ours]
    if (reach === undefined) return !isBelow(theirs, ours)
    return !sharedRooms.includes(theirs) && !reach.includes(theirs)
  })
  assert.deepEqual(strays, [])
})

test('only the renewer and what checks the configuration reach what reads secrets', () => {
  const strays = imports.filter(inSource).filter(({ from, to }) => {
    const reach = ['secrets', 'sealing', 'renewer', 'follower', 'configuration-file']
    return roomOf(to) === 'secrets' && !reach.includes(roomOf(from))
  })
  assert.deepEqual(strays, [])
})

/** What comes into the process whose program this is; a type is gone by then. */
function loadedBy(entry: string): Import[] {
  const loaded = new Set([entry])
  const found: Import[] = []
  for (const file of loaded) {
    for (const each of imports) {
      if (each.from !== file || each.isTypeOnly) continue
      found.push(each)
      if (inSource(each)) loaded.add(each.to)
    }
  }
  return found
}

test('the daemon speaks no TLS, and opens nothing that is sealed', () => {
  const closed = ['https', 'etcd', 'sealing', 'fleet', 'secrets']
  const strays = loadedBy('daemon/main.ts').filter(
    ({ to }) => /^node:(?:https|tls|http2)$/.test(to) || closed.includes(roomOf(to)),
  )
  assert.deepEqual(strays, [])
})

test('the follower has no library but that of the kernel, and reaches no provider', () => {
  const closed = ['oauth', 'provider-facts', 'mail', 'socket-client']
  const strays = loadedBy('follower/main.ts').filter(
    ({ to }) => closed.includes(roomOf(to)) || (packageOf(to) in libraryFences && to !== 'koffi'),
  )
  assert.deepEqual(strays, [])
})

test('messages are types alone', () => {
  const withCode = files.filter((file) => {
    const text = readFileSync(join(source, file), 'utf8')
    return roomOf(file) === 'messages' && /^export (?!type |interface )/m.test(text)
  })
  assert.deepEqual(withCode, [])
  const loaded = imports.filter(({ to, isTypeOnly }) => roomOf(to) === 'messages' && !isTypeOnly)
  assert.deepEqual(loaded, [])
})

test('no file imports itself in a circle, not even for a type', () => {
  const circles = files.filter((file) =>
    imports.some(({ from, to }) => from === file && reachedFrom(to).has(file)),
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

test('only what runs before a daemon, or without one, loads the configuration file', () => {
  const entries = imports.filter(({ from, to }) => {
    return roomOf(from) === 'client' && roomOf(to) === 'configuration-file'
  })
  assert.deepEqual([...new Set(entries.map(({ to }) => to))], ['configuration-file/load.ts'])
})

test('a file has at most 250 lines', () => {
  const long = files.filter((file) => {
    return readFileSync(join(source, file), 'utf8').trimEnd().split('\n').length > 250
  })
  assert.deepEqual(long, [])
})
