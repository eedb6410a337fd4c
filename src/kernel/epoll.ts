/** Which of thousands of descriptors have something to read (epoll(7)), asked without waiting. */
import { endianness } from 'node:os'
import { libc, systemError } from './libc.ts'

const epollCloexec = 0o2000000
const epollCtlAdd = 1
const epollIn = 0x1
const epollErr = 0x8
const epollHup = 0x10
const epollRdhup = 0x2000
const epollEt = 0x8000_0000

/** struct epoll_event is packed on x86-64 alone. */
const dataAt = process.arch === 'x64' ? 4 : 8
const eventSize = dataAt + 8
const isLittleEndian = endianness() === 'LE'
const mostEvents = 256

const epollCreate = libc.func('int epoll_create1(int flags)')
const epollCtl = libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)')
const epollWait = libc.func('int epoll_wait(int epoll, void *events, int most, int timeoutMs)')

/** Descriptors that are watched; each is reported once for all that has come since. */
export class Epoll {
  readonly #fd: number
  readonly #wanted = new DataView(new ArrayBuffer(eventSize))
  readonly #events = new DataView(new ArrayBuffer(eventSize * mostEvents))

  /** @throws NodeJS.ErrnoException */
  constructor() {
    this.#fd = epollCreate(epollCloexec) as number
    if (this.#fd === -1) throw systemError('epoll_create1')
    // Unsigned: the highest bit is one of the events.
    this.#wanted.setUint32(0, (epollIn | epollRdhup | epollEt) >>> 0, isLittleEndian)
  }

  /**
   * Watches one until it is closed. The id is 32 bits, and no descriptor: a child that is about to be
   * started may keep a closed one alive for a moment, when its number is another's already.
   * @throws NodeJS.ErrnoException
   */
  add(fd: number, id: number): void {
    this.#wanted.setUint32(dataAt, id, isLittleEndian)
    const wanted = this.#wanted.buffer
    if (epollCtl(this.#fd, epollCtlAdd, fd, wanted) !== 0) throw systemError('epoll_ctl')
  }

  /** Calls back for those with news, at most 256 of them, and says whether the other end sends no more. */
  forReady(found: (id: number, hasEnded: boolean) => void): void {
    const count = epollWait(this.#fd, this.#events.buffer, mostEvents, 0) as number
    for (let at = 0; at < count * eventSize; at += eventSize) {
      const events = this.#events.getUint32(at, isLittleEndian)
      const id = this.#events.getUint32(at + dataAt, isLittleEndian)
      found(id, (events & (epollRdhup | epollHup | epollErr)) !== 0)
    }
  }
}
