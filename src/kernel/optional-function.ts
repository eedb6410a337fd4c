import { libc } from './libc.ts'

/** A function that only some C libraries have, by its declaration; undefined where this one does not. */
export function optionalFunction(
  declaration: string,
): ((...numbers: number[]) => unknown) | undefined {
  try {
    return libc.func(declaration)
  } catch {
    return undefined
  }
}
