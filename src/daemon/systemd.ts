import { notifySystemd } from '../kernel/sd-notify.ts'
import { socketPathOf } from '../kernel/socket-name.ts'

/** The first descriptor that socket activation passes (sd_listen_fds(3)). */
const firstDescriptor = 3

/** A listening socket that systemd made. */
export interface InheritedSocket {
  fd: number
  /** Its entry of LISTEN_FDNAMES, empty where there is none. */
  name: string
  /** Where it is bound; undefined for anything but a UNIX socket with a path. */
  path: string | undefined
}

/** The sockets passed to this process, and takes the variables out of `env`. */
export function takeInheritedSockets(env: NodeJS.ProcessEnv, pid: number): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env
  delete env['LISTEN_PID']
  delete env['LISTEN_FDS']
  delete env['LISTEN_FDNAMES']
  if (LISTEN_PID !== String(pid)) return []
  const names = (LISTEN_FDNAMES ?? '').split(':')
  return Array.from({ length: Number(LISTEN_FDS ?? 0) }, (_, index) => {
    const fd = firstDescriptor + index
    return { fd, name: names[index] ?? '', path: socketPathOf(fd) }
  })
}

/** The inherited socket that belongs to a configured one: by name, else by path. */
export function matchInheritedSocket(
  sockets: readonly InheritedSocket[],
  wanted: { name?: string; path: string },
): InheritedSocket | undefined {
  const byName =
    wanted.name === undefined ? undefined : sockets.find(({ name }) => name === wanted.name)
  return byName ?? sockets.find(({ path }) => path === wanted.path)
}

/** Tells systemd at half of its interval that the loop turns; returns the function that ends it. */
export function startWatchdog(env: NodeJS.ProcessEnv): () => void {
  const intervalMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1_000
  if (!(intervalMs > 0)) return () => {}
  const timer = setInterval(() => notifySystemd('WATCHDOG=1'), intervalMs / 2)
  timer.unref()
  return () => clearInterval(timer)
}
