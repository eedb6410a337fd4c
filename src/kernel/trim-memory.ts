import { libc } from './libc.ts'

const trim = find('int malloc_trim(size_t pad)')

/** Gives what the C library keeps for later back to the kernel (malloc_trim(3)); musl keeps nothing. */
export function trimMemory(): void {
  trim?.(0)
}

function find(declaration: string): ((pad: number) => unknown) | undefined {
  try {
    return libc.func(declaration)
  } catch {
    return undefined
  }
}
