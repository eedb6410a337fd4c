import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installedProgram } from '../installed-program.ts'
import type { EtcdCertificates } from './certificates.ts'

/**
 * Debian's programs, as .ci/run has unpacked them: installed, the server would run as a service. Those of
 * another version are in the directory that CMS_OAUTH_ETCD names.
 */
const programs = process.env.CMS_OAUTH_ETCD ?? '/opt/etcd-server/usr/bin'

/** Where one is. @throws with what to do where it is missing */
export function etcdProgram(name: 'etcd' | 'etcdctl'): string {
  if (existsSync(join(programs, name))) return join(programs, name)
  throw new Error(`${name} is missing in ${programs}: see the list in .ci/run`)
}

/** The server of the next minor version. @throws with how to get it where it is missing */
export function newerEtcd(): string {
  const folder = process.env.CMS_OAUTH_ETCD_35
  const program = join(folder ?? '/opt/etcd-server-3.5/usr/bin', 'etcd')
  if (existsSync(program)) return program
  throw new Error(
    `etcd 3.5 is missing at ${program}: unpack the package etcd-server of Debian 13 with ` +
      '"dpkg-deb -x etcd-server_3.5*.deb /opt/etcd-server-3.5", or name the directory of its ' +
      'programs in CMS_OAUTH_ETCD_35',
  )
}

/** Runs etcdctl with the certificates of a host; behind other words, as those that enter a namespace. */
export function createCtl(
  endpoints: readonly string[],
  { ca, client }: EtcdCertificates,
  before: readonly string[] = [],
): (...words: string[]) => Promise<string> {
  const common = ['--endpoints', endpoints.join(','), '--cacert', ca]
  const tls = ['--cert', client.cert, '--key', client.key]
  return (...words) => runEtcdctl([...common, ...tls, ...words], before)
}

/** Runs etcdctl; its standard output. */
export async function runEtcdctl(
  words: readonly string[],
  before: readonly string[] = [],
): Promise<string> {
  const options = { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 30_000 }
  const [program = '', ...rest] = [...before, etcdProgram('etcdctl'), ...words]
  const { stdout } = await promisify(execFile)(program, rest, options)
  return stdout
}

/** How a node is started. */
interface EtcdStart {
  program: string
  words: readonly string[]
  logPath: string
  /** What it is started behind. */
  before?: readonly string[] | undefined
}

/** Starts a node that ends with this process, whatever ends that. */
export async function spawnEtcd(start: EtcdStart): Promise<ChildProcess> {
  const { program: etcd, words, logPath, before = [] } = start
  const log = await open(logPath, 'a')
  const setpriv = installedProgram('setpriv', 'util-linux')
  const [program, ...rest] = [...before, setpriv, '--pdeathsig', 'KILL', etcd]
  const child = spawn(program, [...rest, ...words], {
    stdio: ['ignore', log.fd, log.fd],
    env: { ...(process.env.PATH !== undefined && { PATH: process.env.PATH }) },
  })
  await log.close()
  return child
}
