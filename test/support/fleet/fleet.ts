import { chmodSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createHome, type Home, type RunningDaemon, startDaemon } from '../daemon.ts'
import {
  type EtcdCluster,
  type EtcdOptions,
  type MemberPlace,
  startEtcdCluster,
} from '../etcd/etcd-cluster.ts'
import { findPlaces } from '../etcd/etcd-node.ts'
import { passwords, prefix } from '../etcd/users.ts'
import { createFleetNetwork, type Machine } from './network.ts'
import { type StrictProvider, startStrictProvider } from './strict-provider.ts'

/** A host of a fleet, with a daemon of its own that can be killed and started again. */
export interface FleetHost {
  name: string
  home: Home
  daemon: RunningDaemon
  /** Absent: all hosts are this machine. */
  machine?: Machine
  /** The access token of an account, or what is said in its place. */
  ask(account: string): Promise<string>
  /** Kills daemon and children, and starts them again. */
  restart(): Promise<void>
}

/** Hosts, an engine and a provider. */
export interface Fleet {
  engine: EtcdCluster
  provider: StrictProvider
  hosts: FleetHost[]
  accounts: string[]
  /** The machines of the engine's nodes, in their order; none: all are this machine. */
  machines: Machine[]
  /** Signs all accounts in, by the first host. */
  signInAll(): Promise<void>
  close(): Promise<void>
}

/** How large it is. */
export interface FleetOptions {
  nodes: number
  /** One word for each host: its role. */
  hosts: readonly ('renew' | 'serve')[]
  accounts: number
  /** Of access tokens. */
  lifetimeS: number
  /** Nodes and hosts in namespaces of their own, which only root can make. */
  hasNetwork?: boolean
  /** Lines of each [[account]]. */
  accountToml?: string
  engine?: EtcdOptions
}

/** Starts all of it. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const network = options.hasNetwork === true ? createFleetNetwork() : undefined
  const machines = Array.from({ length: network === undefined ? 0 : options.nodes }, (_, index) =>
    network?.add(`node${index + 1}`),
  ).filter((machine) => machine !== undefined)
  const places = network === undefined ? await findPlaces(options.nodes) : machines.map(placeOf)
  const engine = await startEtcdCluster(places, options.engine)
  const { lifetimeS } = options
  const address = network?.providerAddress ?? '127.0.0.1'
  const provider = await startStrictProvider({ address, lifetimeS })
  const accounts = Array.from({ length: options.accounts }, (_, index) => `u${index}@example.com`)
  const hosts: FleetHost[] = []
  for (const [index, role] of options.hosts.entries()) {
    const name = `host${index + 1}`
    const configured = { name, role, engine, provider, accounts, toml: options.accountToml ?? '' }
    hosts.push(await startHost(configured, network?.add(name)))
  }
  return {
    engine,
    provider,
    hosts,
    accounts,
    machines,
    signInAll: async () => {
      for (const account of accounts) {
        const grant = { refresh_token: provider.signIn(account) }
        await hosts[0]?.daemon.control.importGrant(account, grant)
      }
    },
    close: async () => {
      await Promise.all(hosts.map(({ daemon }) => daemon.stop('SIGKILL')))
      await provider.close()
      await engine.close()
      await Promise.all(hosts.map(({ home }) => home.remove()))
      network?.remove()
    },
  }
}

function placeOf({ address, enter }: Machine): MemberPlace {
  return { address, clientPort: 2379, peerPort: 2380, before: enter }
}

interface HostFacts {
  name: string
  role: 'renew' | 'serve'
  engine: EtcdCluster
  provider: StrictProvider
  accounts: readonly string[]
  toml: string
}

async function startHost(facts: HostFacts, machine: Machine | undefined): Promise<FleetHost> {
  const { name, provider, accounts, toml } = facts
  const home = await createHome(provider.caFile)
  if (machine !== undefined) home.daemonProgram = behind(home, machine)
  const store = storeToml(home, facts)
  const of = (user: string) =>
    `[[account]]\nuser = "${user}"\nprovider = "oidc"\nclient_id = "client"\nclient_secret = "canary-secret"\n` +
    `authority = "${provider.url}"\nscopes = ["mail"]\n${toml}`
  await home.configure(accounts.map(of).join('\n') + store)
  const host: FleetHost = {
    name,
    home,
    daemon: await startDaemon(home),
    ...(machine !== undefined && { machine }),
    ask: (account) => {
      const connection = connect(home.tokenSocket)
      connection.end(`SMTP,token ${account}\n`)
      return text(connection).catch(() => '')
    },
    restart: async () => {
      machine?.signal('SIGKILL')
      await host.daemon.stop('SIGKILL')
      host.daemon = await startDaemon(home)
    },
  }
  return host
}

/** The daemon's program on another machine. */
function behind(home: Home, { enter }: Machine): string {
  const program = join(home.directory, 'cms-oauthd')
  const daemon = join(import.meta.dirname, '..', '..', '..', 'bin', 'cms-oauthd.js')
  const words = [...enter, daemon].map((word) => `'${word}'`).join(' ')
  writeFileSync(program, `#!/bin/sh\nPATH="$PATH:/usr/sbin:/sbin" exec ${words}\n`)
  chmodSync(program, 0o755)
  return program
}

function storeToml(home: Home, { role, engine }: HostFacts): string {
  const { ca, client } = engine.certificates
  const write = (file: string, content: string) => {
    const path = join(home.directory, file)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const user = role === 'renew' ? 'relay' : 'reader'
  const key = `key = "file"\nkey_file = "${write('store.key', 'canary-store-key-'.repeat(3))}"\n`
  return `
[store]
kind = "etcd"
endpoints = ${JSON.stringify(engine.endpoints)}
ca_file = "${ca}"
certificate_file = "${client.cert}"
certificate_key_file = "${client.key}"
user = "${user}"
password_file = "${write('password', passwords[user])}"
prefix = "${prefix}"
role = "${role}"
token_key_file = "${write('token.key', 'canary-token-key-'.repeat(3))}"
${role === 'renew' ? key : ''}`
}
