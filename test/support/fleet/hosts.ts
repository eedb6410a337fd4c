import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { StoreRole } from '../../../src/configuration/configuration.ts'
import { createHome, type Home, startDaemon } from '../daemon.ts'
import type { EtcdCluster } from '../etcd/etcd-cluster.ts'
import { passwords, prefix } from '../etcd/users.ts'

/** The keys that all hosts of a store have. */
export interface FleetKeys {
  grants: string
  tokens: string
}

/** New ones. */
export function createFleetKeys(): FleetKeys {
  return { grants: randomBytes(32).toString('hex'), tokens: randomBytes(32).toString('hex') }
}

interface HostOptions {
  cluster: Pick<EtcdCluster, 'certificates' | 'endpoints'>
  keys: FleetKeys
  /** Of the provider. */
  caFile: string
  /** The accounts, in TOML. */
  accounts: string
  role?: StoreRole
  /** In place of the cluster's. */
  endpoints?: readonly string[]
}

/** A home whose configuration shares its store with other homes. */
export async function createHost(options: HostOptions): Promise<Home> {
  const home = await createHome(options.caFile)
  await home.configure(hostToml(home, options))
  return home
}

/** The configuration of a host, whose secrets are files in this home. */
export function hostToml(
  { directory }: Pick<Home, 'directory'>,
  options: Omit<HostOptions, 'caFile'>,
): string {
  const { cluster, keys, accounts, role = 'renew', endpoints = cluster.endpoints } = options
  const secret = (name: string, value: string) => {
    const path = join(directory, name)
    writeFileSync(path, `${value}\n`, { mode: 0o600 })
    return path
  }
  const [user, password] =
    role === 'serve' ? ['reader', passwords.reader] : ['relay', passwords.relay]
  const { ca, client } = cluster.certificates
  const keyFile = role === 'serve' ? '' : `key_file = "${secret('shared.key', keys.grants)}"\n`
  return `${accounts}
[store]
kind = "etcd"
endpoints = ${JSON.stringify(endpoints)}
ca_file = "${ca}"
certificate_file = "${client.cert}"
certificate_key_file = "${client.key}"
user = "${user}"
password_file = "${secret(`password-${role}`, password)}"
prefix = "${prefix}"
role = "${role}"
${keyFile}token_key_file = "${secret('token.key', keys.tokens)}"
`
}

/** What a token socket answers for an address; empty: nothing. */
export function askForToken(home: Home, user: string): Promise<string> {
  const connection = connect(home.tokenSocket)
  connection.end(`SMTP,token ${user}\n`)
  return text(connection)
}

/** Starts a daemon with this configuration, and ends it when it has a token; resolves with that. */
export async function firstTokenWith(home: Home, file: string, user: string): Promise<string> {
  const daemon = await startDaemon(home, { CMS_OAUTH_CONFIG: file })
  let token = ''
  while (token === '') {
    await setTimeout(20)
    token = await askForToken(home, user)
  }
  await daemon.stop()
  return token
}
