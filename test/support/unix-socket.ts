/** What Node cannot do: hold a listening socket without accepting, and receive datagrams. */
import assert from 'node:assert/strict'
import koffi from 'koffi'

const afUnix = 1
const sockCloexec = 0o2000000
const solSocket = 1
const soRcvtimeo = 20
/** So that a test that waits for what never comes ends on its own. */
const patienceS = 20n

const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)')
const listen = libc.func('int listen(int fd, int backlog)')
const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int name, const int64_t *value, uint32_t length)',
)
const recv = libc.func('intptr_t recv(int fd, _Out_ uint8_t *data, size_t size, int flags)')

/** A listening socket that nobody accepts on, as systemd holds one; returns its descriptor. */
export function openListeningSocket(path: string): number {
  const fd = openSocket(1, path)
  assert.equal(listen(fd, 100), 0)
  return fd
}

/** A datagram socket, as systemd's for sd_notify(3); returns its descriptor. */
export function openDatagramSocket(path: string): number {
  const fd = openSocket(2, path)
  assert.equal(setsockopt(fd, solSocket, soRcvtimeo, [patienceS, 0n], 16), 0)
  return fd
}

/** The next datagram; empty where none comes in 20 s. */
export function receiveDatagram(fd: number): Promise<string> {
  const data = Buffer.alloc(1_000)
  return new Promise((resolve, reject) => {
    recv.async(fd, data, data.length, 0, (error: Error | null, length: number) => {
      if (error === null) resolve(data.toString('utf8', 0, Math.max(0, length)))
      else reject(error)
    })
  })
}

function openSocket(type: number, path: string): number {
  const fd = socket(afUnix, type | sockCloexec, 0) as number
  const address = Buffer.concat([Buffer.of(afUnix, 0), Buffer.from(`${path}\0`)])
  assert.equal(bind(fd, address, address.length), 0)
  return fd
}
