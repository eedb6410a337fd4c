import { type ListenAddress, writeListenAddress } from '../configuration/listen-address.ts'
import { ConfigInvalidError } from '../errors.ts'
import { closeOnExec } from '../kernel/close-on-exec.ts'
import { listeningAddressOf } from '../kernel/listening-address.ts'
import { notifySystemd } from '../kernel/sd-notify.ts'

/** The first descriptor that socket activation passes (sd_listen_fds(3)). */
const firstDescriptor = 3
/** How much more time is asked for at once. */
const extensionMs = 30_000

/** A listening socket that systemd made. */
export interface InheritedSocket {
  fd: number
  /** Its entry of LISTEN_FDNAMES, empty where there is none. */
  name: string
  address: ListenAddress
}

/**
 * The sockets passed to this process. Takes the variables out of `env` and keeps the descriptors
 * from the programs that are started: both are for this process alone.
 * @throws ConfigInvalidError for anything but a listening stream socket with a path or a port
 */
export function takeInheritedSockets(env: NodeJS.ProcessEnv, pid: number): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env
  delete env['LISTEN_PID']
  delete env['LISTEN_FDS']
  delete env['LISTEN_FDNAMES']
  if (LISTEN_PID !== String(pid)) return []
  const names = (LISTEN_FDNAMES ?? '').split(':')
  return Array.from({ length: Number(LISTEN_FDS ?? 0) }, (_, index) => {
    return inheritSocket(firstDescriptor + index, names[index] ?? '')
  })
}

function inheritSocket(fd: number, name: string): InheritedSocket {
  const address = listeningAddressOf(fd)
  if (address === undefined) {
    const message = `descriptor ${fd} ("${name}") is not a socket that listens on a path or a port`
    throw new ConfigInvalidError(message, {
      hint: 'give the .socket unit paths or ports in ListenStream=, no "@" names, and leave out Accept=yes',
    })
  }
  closeOnExec(fd)
  return { fd, name, address }
}

/**
 * The inherited socket that belongs to a configured one: by name, else by path.
 * @throws ConfigInvalidError for a port of this name: no mode and no kernel says who asks there
 */
export function matchInheritedSocket(
  sockets: readonly InheritedSocket[],
  wanted: { name?: string; path: string },
): InheritedSocket | undefined {
  const byName =
    wanted.name === undefined ? undefined : sockets.find(({ name }) => name === wanted.name)
  if (byName !== undefined && !('path' in byName.address)) {
    const where = writeListenAddress(byName.address)
    const message = `systemd's socket "${byName.name}" is the port "${where}", and a [[socket]] has a path`
    throw new ConfigInvalidError(message, {
      hint: 'give its .socket unit a path in ListenStream=, or let a [[bridge]] have the name',
    })
  }
  return byName ?? sockets.find(({ address }) => writeListenAddress(address) === wanted.path)
}

/** Tells systemd, from `start` on, that the event loop is alive. */
interface Watchdog {
  start(): void
  stop(): void
}

/**
 * Notifies systemd twice in each interval of its watchdog (sd_watchdog_enabled(3)); does nothing where it
 * has none.
 */
export function createWatchdog(env: NodeJS.ProcessEnv, pid: number): Watchdog {
  const { WATCHDOG_USEC, WATCHDOG_PID = String(pid) } = env
  const intervalMs = Number(WATCHDOG_USEC ?? 0) / 1_000
  const isAsked = intervalMs > 0 && WATCHDOG_PID === String(pid)
  let timer: NodeJS.Timeout | undefined
  return {
    start: () => {
      if (!isAsked) return
      timer = setInterval(() => notifySystemd('WATCHDOG=1', env), intervalMs / 2)
      timer.unref()
    },
    stop: () => clearInterval(timer),
  }
}

/** Asks systemd for more time to stop, again and again while the work goes on. */
export async function withMoreTime(
  env: NodeJS.ProcessEnv,
  work: () => Promise<void>,
): Promise<void> {
  const extend = () => notifySystemd(`EXTEND_TIMEOUT_USEC=${extensionMs * 1_000}`, env)
  extend()
  const timer = setInterval(extend, extensionMs / 3)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
}

/** The service's own directory below /run (RuntimeDirectory=); undefined where it has none. */
export function serviceDirectory({
  RUNTIME_DIRECTORY = '',
}: NodeJS.ProcessEnv): string | undefined {
  const [first] = RUNTIME_DIRECTORY.split(':')
  return first === '' ? undefined : first
}

/** Tells systemd when a reload begins and, however it went, ends (sd_notify(3), RELOADING=1). */
export async function announceReload<T>(
  env: NodeJS.ProcessEnv,
  reload: () => Promise<T>,
): Promise<T> {
  const monotonicUs = process.hrtime.bigint() / 1_000n
  notifySystemd(`RELOADING=1\nMONOTONIC_USEC=${monotonicUs}`, env)
  try {
    return await reload()
  } finally {
    notifySystemd('READY=1', env)
  }
}
