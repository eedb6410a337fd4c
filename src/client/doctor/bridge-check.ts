import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { failure, type Finding, ok, warning } from '../../configuration/finding.ts'
import {
  isBeyondLoopback,
  isWildcard,
  type ListenAddress,
  writeListenAddress,
} from '../../configuration/listen-address.ts'
import { createNetworkTest } from '../../configuration/networks.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { printable } from '../../mail/printable.ts'
import type { BridgePassword } from '../../messages/bridge-api.ts'
import { openBridge } from './open-bridge.ts'
import { type BridgeTrial, checkBridgeLogin, emptyAllow } from './bridge-login-check.ts'

const patienceMs = 5_000

/**
 * Tries each address of a bridge and, where there is somebody to be taken for, a login by the first that
 * answers; and finds whether any program can be let in, unless nobody knows the passwords.
 */
export async function checkBridge(
  bridge: BridgeConfiguration,
  passwords: readonly BridgePassword[] | undefined,
  trial?: Omit<BridgeTrial, 'bridge' | 'address'>,
): Promise<Finding[]> {
  const { listen, networks } = bridge
  const reached = await Promise.all(listen.map((address) => checkAddress(bridge, address)))
  const address = listen.find((each, index) => {
    return reached[index]?.level === 'ok' && !isForOthersAlone(each, networks)
  })
  const isTried = trial !== undefined && address !== undefined
  const login = isTried ? [await checkBridgeLogin({ ...trial, bridge, address })] : []
  const known = passwords === undefined ? [] : passwordFindings(bridge, passwords)
  return [...reached, ...login, ...known, ...emptyAllow(bridge)]
}

async function checkAddress(
  { protocol, name, networks, tls }: BridgeConfiguration,
  address: ListenAddress,
): Promise<Finding> {
  const where = `${protocol} at ${writeListenAddress(address)}`
  if (isForOthersAlone(address, networks)) {
    return ok('bridge', `${where}: not tried, since this machine is not in "networks"`)
  }
  let socket: Socket | undefined
  try {
    const signal = AbortSignal.timeout(patienceMs)
    socket = await openBridge(address, tls, signal)
    const [greeting] = (await once(socket, 'data', { signal })) as [Buffer]
    return ok('bridge', `${where}: ${printable(greeting.toString().split('\r\n')[0] ?? '')}`)
  } catch (error) {
    const { code, name: kind } = error as NodeJS.ErrnoException
    const isSilent = kind === 'AbortError'
    const reason = isSilent ? `says nothing for ${patienceMs / 1_000} s` : withErrnoWords(code)
    const unit = name === undefined ? '' : `, and the .socket unit "${name}"`
    const hint = `run "cms-oauth reload", and see the log of cms-oauthd for "bridge."${unit}`
    return failure('bridge', 'daemon_unreachable', `${where}: ${reason}`, hint)
  } finally {
    socket?.destroy()
  }
}

/**
 * True for an address at which the bridge refuses this machine, which connects from that same address: it
 * is not in "networks".
 */
function isForOthersAlone(address: ListenAddress, networks: readonly string[]): boolean {
  if ('path' in address || !isBeyondLoopback(address) || isWildcard(address.host)) return false
  return !createNetworkTest(networks)(address.host)
}

/**
 * Which passwords are good for an account of the bridge; a warning where there is none, since nobody gets
 * in then.
 */
function passwordFindings(
  { protocol, callers, accounts }: BridgeConfiguration,
  passwords: readonly BridgePassword[],
): Finding[] {
  if (!callers.includes('password')) return []
  const users = accounts.map(({ user }) => user)
  const names = passwords
    .filter((password) => password.accounts?.some((user) => users.includes(user)) ?? true)
    .map(({ name }) => `"${name}"`)
  const whose = `${protocol} for ${users.join(', ')}`
  if (names.length > 0) return [ok('bridge', `${whose}: passwords ${names.join(', ')}`)]
  const text = `${whose}: there is no password, so no program can log in`
  return [warning('bridge', text, 'run "cms-oauth bridge add-password NAME", one for each program')]
}

/** A password that lets nobody in, since the accounts that it was made for are called otherwise by now, or are gone. */
export function uselessPasswords(
  passwords: readonly BridgePassword[],
  users: readonly string[],
): Finding[] {
  return passwords.flatMap(({ name, accounts }) => {
    if (accounts === null || accounts.some((user) => users.includes(user))) return []
    const text = `the password "${name}" is for ${accounts.join(', ')}, which is not configured`
    const hint = `run "cms-oauth bridge remove-password ${name}", then "cms-oauth bridge add-password ${name}" for the accounts that there are, and give it to the program`
    return [warning('bridge', text, hint)]
  })
}
