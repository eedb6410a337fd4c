import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createEtcdCertificates, type EtcdCertificates } from './certificates.ts'
import { createCtl, etcdProgram, runEtcdctl, spawnEtcd } from './programs.ts'
import { createUsers, passwords } from './users.ts'

/** Where a member is. */
export interface MemberPlace {
  address: string
  clientPort: number
  peerPort: number
  /** What a program is started behind, as the words that enter a namespace. */
  before?: readonly string[]
}

/** How the members are started. */
export interface EtcdOptions {
  /** Absent: JWT. `simple` is etcd's default, `none` has no users at all. */
  auth?: 'jwt' | 'simple' | 'none'
  /** How long a session lives; absent: 10 min. */
  sessionSeconds?: number
  /** Absent: a leader at once, and leases may be as short as a second. */
  electionMs?: number
  /** Those of another cluster; absent: of its own. */
  certificates?: EtcdCertificates
  /** More arguments, as `--quota-backend-bytes=N`. */
  flags?: readonly string[]
}

/** A member. */
export interface EtcdMember {
  /** `https://ADDRESS:PORT` */
  endpoint: string
  port: number
  signal(name: NodeJS.Signals): void
  /** Kills it; all that it knew without writing it is gone. */
  kill(): Promise<void>
  /** Starts it again on its data, with a kill before if it runs. Resolves when it serves. */
  restart(changes?: EtcdOptions): Promise<void>
  /** Ends it as systemd does, and starts another program on its data, now and ever after. Resolves when it serves. */
  upgrade(program: string): Promise<void>
  /** Kills it, and starts it with what a snapshot file holds in place of its data. */
  restore(snapshot: string): Promise<void>
  log(): string
}

/** Members with TLS, users and roles. */
export interface EtcdCluster {
  members: EtcdMember[]
  endpoints: string[]
  certificates: EtcdCertificates
  /** The certificates of a host, as a client takes them. */
  tls: { ca: Buffer; cert: Buffer; key: Buffer }
  /** Runs etcdctl as root; its standard output. */
  ctl(...words: string[]): Promise<string>
  close(): Promise<void>
}

/** Starts them; resolves when they answer and their users are there. @throws with a log */
export async function startEtcdCluster(
  places: readonly MemberPlace[],
  options: EtcdOptions = {},
): Promise<EtcdCluster> {
  const addresses = places.map(({ address }) => address)
  const certificates = options.certificates ?? (await createEtcdCertificates(addresses))
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const directory = mkdtempSync(join(parent, 'etcd-'))
  const cluster = places.map((place, index) => `${nameOf(index)}=${peerOf(place)}`).join(',')
  const members = places.map((place, index) => {
    const words = memberArguments(place, nameOf(index), cluster, certificates)
    return createMember({ place, words, options, certificates, directory, name: nameOf(index) })
  })
  await Promise.all(members.map((member) => member.restart()))
  const endpoints = members.map(({ endpoint }) => endpoint)
  const ctl = createCtl(endpoints, certificates, places[0]?.before)
  const { auth = 'jwt' } = options
  if (auth !== 'none') await createUsers(ctl)
  const { ca, client } = certificates
  return {
    members,
    endpoints,
    certificates,
    tls: { ca: readFileSync(ca), cert: readFileSync(client.cert), key: readFileSync(client.key) },
    ctl: (...words) =>
      ctl(...(auth === 'none' ? [] : ['--user', `root:${passwords.root}`]), ...words),
    close: async () => {
      await Promise.all(members.map((member) => member.kill()))
      rmSync(directory, { recursive: true, force: true })
      if (options.certificates === undefined) certificates.remove()
    },
  }
}

interface MemberFacts {
  place: MemberPlace
  words: readonly string[]
  options: EtcdOptions
  certificates: EtcdCertificates
  directory: string
  name: string
}

function createMember(facts: MemberFacts): EtcdMember {
  const { place, words, options, certificates, directory, name } = facts
  const { address, clientPort } = place
  const logPath = join(directory, `${name}.log`)
  const log = () => (existsSync(logPath) ? readFileSync(logPath, 'utf8') : '')
  let node: ChildProcess | undefined
  let program = etcdProgram('etcd')
  const isRunning = () => node !== undefined && node.exitCode === null && node.signalCode === null
  const end = async (signal: NodeJS.Signals) => {
    if (!isRunning()) return
    const exited = once(node as ChildProcess, 'exit')
    node?.kill(signal)
    await exited
  }
  const kill = () => end('SIGKILL')
  const host = address === '127.0.0.1' ? 'localhost' : address
  const member: EtcdMember = {
    endpoint: `https://${host}:${clientPort}`,
    port: clientPort,
    signal: (signal) => void node?.kill(signal),
    kill,
    restart: async (changes = {}) => {
      await kill()
      const before = log().length
      const flags = optionArguments({ ...options, ...changes }, certificates)
      const data = `--data-dir=${join(directory, `${name}.data`)}`
      const all = [...words, data, ...flags]
      node = await spawnEtcd({ program, words: all, logPath, before: place.before })
      while (!log().slice(before).includes('ready to serve client requests')) {
        if (!isRunning()) throw new Error(`etcd did not start: ${log().slice(before)}`)
        await setTimeout(20)
      }
    },
    upgrade: async (newer) => {
      await end('SIGTERM')
      program = newer
      await member.restart()
    },
    restore: async (snapshot) => {
      await kill()
      const data = join(directory, `${name}.data`)
      rmSync(data, { recursive: true })
      const settings =
        /^--(?:name|initial-cluster|initial-cluster-token|initial-advertise-peer-urls)=/
      const alike = words.filter((word) => settings.test(word))
      await runEtcdctl(['snapshot', 'restore', snapshot, `--data-dir=${data}`, ...alike])
      await member.restart()
    },
    log,
  }
  return member
}

function nameOf(index: number): string {
  return `member${index + 1}`
}

function peerOf({ address, peerPort }: MemberPlace): string {
  return `https://${address}:${peerPort}`
}

function memberArguments(
  place: MemberPlace,
  name: string,
  cluster: string,
  { ca, server }: EtcdCertificates,
): string[] {
  const client = `https://${place.address}:${place.clientPort}`
  const peer = peerOf(place)
  return words({
    name,
    'initial-cluster': cluster,
    'initial-cluster-token': cluster,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'cert-file': server.cert,
    'key-file': server.key,
    'trusted-ca-file': ca,
    'client-cert-auth': 'true',
    'peer-cert-file': server.cert,
    'peer-key-file': server.key,
    'peer-trusted-ca-file': ca,
    'peer-client-cert-auth': 'true',
  })
}

function optionArguments(options: EtcdOptions, { jwt }: EtcdCertificates): string[] {
  const { auth = 'jwt', sessionSeconds = 600, electionMs = 100, flags = [] } = options
  const keys = `pub-key=${jwt.publicKey},priv-key=${jwt.privateKey}`
  const token = auth === 'jwt' ? `jwt,${keys},sign-method=ES256,ttl=${sessionSeconds}s` : 'simple'
  const settings = {
    'auth-token': token,
    'auth-token-ttl': String(sessionSeconds),
    'bcrypt-cost': '4',
    'heartbeat-interval': String(electionMs / 10),
    'election-timeout': String(electionMs),
  }
  return [...words(settings), ...flags]
}

function words(settings: Record<string, string>): string[] {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
}
