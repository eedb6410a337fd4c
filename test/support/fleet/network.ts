import { execFileSync } from 'node:child_process'

/** Which of a machine's two networks. */
export type NetworkName = 'engine' | 'provider'

/** A machine as far as the network goes: a namespace with a cable to each of two switches. */
export interface Machine {
  name: string
  /** In the network of the engine. */
  address: string
  /** In that of the provider. */
  providerAddress: string
  /** What a program is started behind to run there, with a host name of its own. */
  enter: readonly string[]
  /** Pulls cables out; nobody is told, packets are gone. */
  cut(...networks: NetworkName[]): void
  /** Puts all of them back. */
  join(): void
  /** Sends nothing to an address of the engine's network any more, or again. */
  block(address: string, isBlocked?: boolean): void
  /** Signals all that runs there. */
  signal(name: NodeJS.Signals): void
}

/** Two switches and the machines at them; this machine is at both. */
export interface FleetNetwork {
  /** This machine at the provider's switch. */
  providerAddress: string
  /** A new machine. */
  add(name: string): Machine
  remove(): void
}

const names: readonly NetworkName[] = ['engine', 'provider']
let made = 0

/** Makes the switches; only root can. */
export function createFleetNetwork(): FleetNetwork {
  const id = `c${process.pid}${'abcdefghij'[made++ % 10]}`
  // Several tests may have one at the same time.
  const nets = netsOf((2 * (process.pid + made * 7)) % 250)
  const machines: string[] = []
  const plugs: string[] = []
  const switchOf = (network: NetworkName) => `${id}${network[0]}`
  const remove = () => {
    // The kernel keeps a namespace for a while, and its cables with it.
    for (const plug of plugs) ip('link', 'delete', plug)
    for (const namespace of machines) ip('netns', 'delete', namespace)
    for (const network of names) ip('link', 'delete', switchOf(network))
  }
  for (const network of names) {
    ip('link', 'add', switchOf(network), 'type', 'bridge')
    ip('address', 'add', `${nets[network]}.254/24`, 'dev', switchOf(network))
    ip('link', 'set', switchOf(network), 'up')
  }
  return {
    providerAddress: `${nets.provider}.254`,
    add: (name) => {
      const namespace = `${id}${name}`
      ip('netns', 'add', namespace)
      machines.push(namespace)
      const number = machines.length
      const plugOf = (network: NetworkName) => `${switchOf(network)}${number}`
      plugs.push(...names.map(plugOf))
      return createMachine({ nets, name, namespace, number, switchOf, plugOf })
    },
    remove,
  }
}

function netsOf(number: number): Record<NetworkName, string> {
  return { engine: `10.213.${number}`, provider: `10.213.${number + 1}` }
}

interface MachineFacts {
  nets: Record<NetworkName, string>
  name: string
  namespace: string
  number: number
  switchOf: (network: NetworkName) => string
  plugOf: (network: NetworkName) => string
}

function createMachine(facts: MachineFacts): Machine {
  const { nets, name, namespace, number, switchOf, plugOf } = facts
  for (const network of names) {
    const device = network
    const plug = plugOf(network)
    ip('link', 'add', plug, 'type', 'veth', 'peer', 'name', device, 'netns', namespace)
    ip('link', 'set', plug, 'master', switchOf(network), 'up')
    ip('-n', namespace, 'address', 'add', `${nets[network]}.${number}/24`, 'dev', device)
    ip('-n', namespace, 'link', 'set', device, 'up')
  }
  ip('-n', namespace, 'link', 'set', 'lo', 'up')
  const rename = ['unshare', '--uts', 'sh', '-c', `hostname ${name}; exec "$@"`, 'sh']
  return {
    name,
    address: `${nets.engine}.${number}`,
    providerAddress: `${nets.provider}.${number}`,
    enter: ['ip', 'netns', 'exec', namespace, ...rename],
    cut: (...networks) => {
      for (const network of networks) ip('link', 'set', plugOf(network), 'nomaster')
    },
    join: () => {
      for (const network of names) ip('link', 'set', plugOf(network), 'master', switchOf(network))
    },
    block: (other, isBlocked = true) => {
      ip('-n', namespace, 'route', isBlocked ? 'add' : 'delete', 'blackhole', `${other}/32`)
    },
    signal: (signal) => {
      for (const pid of ip('netns', 'pids', namespace).split('\n').filter(Boolean)) {
        signalIfThere(Number(pid), signal)
      }
    },
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' })
}
