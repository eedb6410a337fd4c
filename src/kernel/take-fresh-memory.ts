import { optionalFunction } from './optional-function.ts'

const setOption = optionalFunction('int mallopt(int option, int value)')

/** mallopt(3), by their numbers in malloc.h. */
const topPad = -2
const mmapThreshold = -3

const largeBytes = 64 * 1024

/**
 * From now on the C library takes memory for anything large from the kernel, page by page as it is used, and gives
 * it back when it is freed; the heap for all else grows by what is needed, not by 128 KiB at a time. Node reads
 * each TLS connection into 64 KiB of which an idle one uses 4: in the heap they held what others had used
 * before. The one option without the other saves little: the 64 KiB are then taken from what the heap has grown by. On
 * musl nothing changes.
 */
export function takeFreshMemory(): void {
  setOption?.(mmapThreshold, largeBytes)
  setOption?.(topPad, 0)
}
