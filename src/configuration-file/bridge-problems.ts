import {
  areInConflict,
  isBeyondLoopback,
  type ListenAddress,
  writeListenAddress,
} from '../configuration/listen-address.ts'
import type { BridgeCaller, LocalTlsMode } from '../configuration/local-listener.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** The keys of a [[bridge]] that must fit each other. */
export interface BridgeKeys {
  protocol: Protocol
  listen?: readonly ListenAddress[] | undefined
  /** Of systemd's sockets, whose addresses the file does not say. */
  name?: string | undefined
  accounts: readonly string[]
  account?: string | undefined
  account_by_sender: boolean
  caller: readonly BridgeCaller[]
  allow?: object | undefined
  networks?: readonly string[] | undefined
  tls: LocalTlsMode
  plaintext: boolean
  certificate_file?: string | undefined
  key_file?: string | undefined
}

type KeyProblem = [key: keyof BridgeKeys, what: string]

/** What of one [[bridge]] contradicts itself. */
export function bridgeProblems(bridge: BridgeKeys): KeyProblem[] {
  return [
    ...callerProblems(bridge),
    ...networkProblems(bridge),
    ...tlsProblems(bridge),
    ...addressProblems(bridge),
  ]
}

function callerProblems(bridge: BridgeKeys): KeyProblem[] {
  const { caller, allow, account, accounts, account_by_sender: bySender, protocol } = bridge
  const problems: KeyProblem[] = []
  if (allow !== undefined && !caller.includes('peer')) {
    problems.push(['allow', 'requires "peer" in "caller": it says whose programs are let in'])
  }
  if (bySender && caller.every((each) => each === 'password')) {
    const what = 'requires "peer" or "network" in "caller": a password names its account'
    problems.push(['account_by_sender', what])
  }
  if (bySender && protocol !== 'SMTP') {
    const what = 'requires protocol = "SMTP": nothing else names a sender'
    problems.push(['account_by_sender', what])
  }
  const isChosen = account !== undefined || bySender || accounts.length === 1
  if (caller.includes('network') && !isChosen) {
    const otherwise = protocol === 'SMTP' ? ', or account_by_sender = true' : ''
    problems.push([
      'caller',
      `has "network", and "accounts" has several: add "account"${otherwise}, since such a device names none`,
    ])
  }
  return problems
}

/** The listener that other machines reach, as it is spoken of; undefined: there is none. */
function reachedBy({ listen = [], name, networks }: BridgeKeys): string | undefined {
  const beyond = listen.find(isBeyondLoopback)
  if (beyond !== undefined) return `"${writeListenAddress(beyond)}"`
  return name !== undefined && networks !== undefined ? `the sockets "${name}"` : undefined
}

function networkProblems(bridge: BridgeKeys): KeyProblem[] {
  const { caller, networks } = bridge
  const reached = reachedBy(bridge)
  if (reached === undefined) {
    const why = 'requires a "listen" that other machines reach, like "192.168.7.2:1587"'
    if (networks !== undefined) return [['networks', why]]
    return caller.includes('network') ? [['caller', `has "network", which ${why}`]] : []
  }
  const problems: KeyProblem[] = []
  if (networks === undefined) {
    const example = reached.includes('[') ? 'fd12:3456::/32' : '192.168.7.0/24'
    const what = `has ${reached}, which other machines reach: add who may connect, like networks = ["${example}"]`
    problems.push(['listen', what])
  }
  if (caller.every((each) => each === 'peer')) {
    const what = `has only "peer", and of other machines, which reach ${reached}, the kernel knows nobody: add "password"`
    problems.push(['caller', what])
  }
  return problems
}

function tlsProblems(bridge: BridgeKeys): KeyProblem[] {
  const { tls, plaintext, certificate_file: certificate, key_file: key } = bridge
  const problems: KeyProblem[] = []
  const isEncrypted = tls === 'required' || tls === 'implicit'
  const reached = reachedBy(bridge)
  if (reached !== undefined && !isEncrypted && !plaintext) {
    const what = `must be "required" or "implicit": other machines reach ${reached}; for devices without TLS add plaintext = true`
    problems.push(['tls', what])
  }
  if (plaintext && isEncrypted) {
    problems.push([
      'plaintext',
      `cannot be combined with tls = "${tls}", which does not accept plain text`,
    ])
  }
  if (certificate !== undefined && key === undefined) {
    problems.push(['certificate_file', 'requires key_file'])
  }
  if (certificate === undefined && key !== undefined) {
    problems.push(['key_file', 'requires certificate_file'])
  }
  if (certificate !== undefined && tls === 'off') {
    const what = 'requires tls = "starttls", "required" or "implicit"'
    problems.push(['certificate_file', what])
  }
  return problems
}

function addressProblems({ listen = [], name: socketName }: BridgeKeys): KeyProblem[] {
  if (listen.length === 0 && socketName === undefined) {
    return [
      [
        'listen',
        'is missing: say where, like "127.0.0.1:1587", or set "name" for a socket of systemd',
      ],
    ]
  }
  return listen.flatMap((address, index): KeyProblem[] => {
    const other = listen.slice(0, index).find((earlier) => areInConflict(earlier, address))
    if (other === undefined) return []
    const [name, otherName] = [writeListenAddress(address), writeListenAddress(other)]
    const what =
      name === otherName
        ? 'has an address that is listed twice'
        : `has "${otherName}" and "${name}": only one of them can be listened on`
    return [['listen', what]]
  })
}
