import { optionalFunction } from './optional-function.ts'

const trim = optionalFunction('int malloc_trim(size_t pad)')

/** Gives what the C library keeps for later back to the kernel (malloc_trim(3)); musl keeps nothing. */
export function trimMemory(): void {
  trim?.(0)
}
