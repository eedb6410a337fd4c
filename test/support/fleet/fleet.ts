import { chmodSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Home, type LogLine, type RunningDaemon, startDaemon } from '../daemon.ts'
import {
  type EtcdCluster,
  type EtcdOptions,
  type MemberPlace,
  startEtcdCluster,
} from '../etcd/etcd-cluster.ts'
import { findPlaces } from '../etcd/etcd-node.ts'
import { createHostClock, type HostClock } from './host-clock.ts'
import { createFleetKeys, createHost, type FleetKeys } from './hosts.ts'
import { createFleetNetwork, type Machine } from './network.ts'
import { type StrictProvider, startStrictProvider } from './strict-provider.ts'

/** A host of a fleet, with a daemon of its own that can be killed and started again. */
export interface FleetHost {
  name: string
  home: Home
  daemon: RunningDaemon
  /** Absent: all hosts are this machine. */
  machine?: Machine
  /** Absent: the clock of this machine. */
  clock?: HostClock
  /** The access token of an account; '' where there is none within the limit. */
  ask(account: string, limitMs?: number): Promise<string>
  /** What all its daemons logged. */
  logged(): LogLine[]
  /** Kills daemon and children with `kill -9`. */
  kill(): Promise<void>
  /** Starts the daemon again, after a kill where it runs. */
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
  /** Every host has a wall clock of its own, which only root can make. */
  hasClocks?: boolean
  /** Lines of each [[account]]. */
  accountToml?: string
  engine?: EtcdOptions
  /** Endpoints in place of the engine's. */
  reach?: (engine: EtcdCluster) => Promise<readonly string[]>
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
  const endpoints = (await options.reach?.(engine)) ?? engine.endpoints
  const [hosts, keys]: [FleetHost[], FleetKeys] = [[], createFleetKeys()]
  for (const [index, role] of options.hosts.entries()) {
    const name = `host${index + 1}`
    const facts = { name, role, engine, provider, accounts, keys, endpoints, options }
    hosts.push(await startHost(facts, network?.add(name)))
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
      await Promise.all(hosts.map((host) => host.kill()))
      await provider.close()
      await engine.close()
      for (const { clock } of hosts) clock?.close()
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
  keys: FleetKeys
  endpoints: readonly string[]
  options: FleetOptions
}

async function startHost(facts: HostFacts, machine: Machine | undefined): Promise<FleetHost> {
  const { name, role, engine: cluster, provider, accounts: users, keys, options } = facts
  const { accountToml = '' } = options
  const accounts = users.map((user) => accountOf(user, provider.url) + accountToml).join('\n')
  const { caFile } = provider
  const common = { cluster, keys, caFile, accounts, role }
  const home = await createHost({
    ...common,
    endpoints: facts.endpoints,
  })
  const clock = options.hasClocks === true ? createHostClock(home.directory) : undefined
  const enter = [...(machine?.enter ?? []), ...(clock?.enter ?? [])]
  if (enter.length > 0) home.daemonProgram = behind(home, enter)
  const earlier: LogLine[] = []
  const host: FleetHost = {
    name,
    home,
    daemon: await startDaemon(home),
    ...(machine !== undefined && { machine }),
    ...(clock !== undefined && { clock }),
    ask: async (account, limitMs = 30_000) => {
      const connection = connect(home.tokenSocket)
      const timer = setTimeout(() => connection.destroy(), limitMs)
      connection.end(`SMTP,token ${account}\n`)
      const answer = await text(connection).catch(() => '')
      clearTimeout(timer)
      return answer.trim()
    },
    logged: () => [...earlier, ...host.daemon.log],
    kill: async () => {
      machine?.signal('SIGKILL')
      await host.daemon.stop('SIGKILL')
    },
    restart: async () => {
      await host.kill()
      earlier.push(...host.daemon.log)
      host.daemon = await startDaemon(home)
    },
  }
  return host
}

/** The daemon's program on another machine, or on another clock. */
function behind(home: Home, enter: readonly string[]): string {
  const program = join(home.directory, 'cms-oauthd')
  const daemon = join(import.meta.dirname, '..', '..', '..', 'bin', 'cms-oauthd.js')
  const words = [...enter, daemon].map((word) => `'${word}'`).join(' ')
  writeFileSync(program, `#!/bin/sh\nPATH="$PATH:/usr/sbin:/sbin" exec ${words}\n`)
  chmodSync(program, 0o755)
  return program
}

/** The [[account]] of an address at the provider. */
export function accountOf(user: string, url: string): string {
  const client = 'client_id = "client"\nclient_secret = "canary-secret"\n'
  return `[[account]]\nuser = "${user}"\nprovider = "oidc"\n${client}authority = "${url}"\nscopes = ["mail"]\n`
}
