import { libc } from './libc.ts'
import { afUnix, pathOffset, socketAddress } from './socket-address.ts'
import { sockCloexec, sockDgram } from './socket-constants.ts'

const longestPath = 108
const msgNosignal = 0x4000

const socket = libc.func('int socket(int domain, int type, int protocol)')
const sendto = libc.func(
  'intptr_t sendto(int fd, const uint8_t *data, size_t size, int flags, const uint8_t *address, uint32_t length)',
)
const close = libc.func('int close(int fd)')

/**
 * Tells systemd a state such as `READY=1` (sd_notify(3)). Does nothing if the daemon was not
 * started with $NOTIFY_SOCKET, and never fails: the daemon works without it.
 */
export function notifySystemd(state: string, env: NodeJS.ProcessEnv = process.env): void {
  const name = Buffer.from(env['NOTIFY_SOCKET'] ?? '')
  if (name.length < 2 || name.length > longestPath) return
  const address = socketAddress(name)
  // systemd writes "@" for the NUL byte of an abstract name.
  if (name[0] === 0x40) address[pathOffset] = 0
  const fd = socket(afUnix, sockDgram | sockCloexec, 0) as number
  if (fd < 0) return
  const data = Buffer.from(state)
  sendto(fd, data, data.length, msgNosignal, address, address.length)
  close(fd)
}
