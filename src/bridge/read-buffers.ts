/** As much as Node reads at a time. */
const bytesEach = 64 * 1024
/** Less is not worth a buffer of this size. */
const leastBytes = 8 * 1024
/** More are not kept for the next who needs one. */
const mostKept = 16

const landing = Buffer.allocUnsafeSlow(bytesEach)
const lent = new WeakSet<ArrayBufferLike>()
const kept: ArrayBufferLike[] = []

/** Where all sockets read into, each in its turn, so that who is idle holds no memory for it. */
export function landingBuffer(): Buffer {
  return landing
}

/**
 * A copy, in memory that is used again once it is given back: fresh memory for each 64 KiB of a mail
 * took the kernel and the garbage collector longer than TLS took to encrypt it.
 */
export function copyOf(bytes: Uint8Array): Buffer {
  if (bytes.length < leastBytes) return Buffer.from(bytes)
  const memory = kept.pop() ?? Buffer.allocUnsafeSlow(bytesEach).buffer
  lent.add(memory)
  const copy = Buffer.from(memory, 0, bytes.length)
  copy.set(bytes)
  return copy
}

/** Gives back what `copyOf` made and nobody will use any more; all else is left alone. */
export function giveBack({ buffer }: Buffer): void {
  if (lent.delete(buffer) && kept.length < mostKept) kept.push(buffer)
}
