import { randomBytes } from 'node:crypto'

/** The path of a page that only whoever was told of it finds: 256 bits. */
export function unguessablePath(): string {
  return `/${randomBytes(32).toString('base64url')}`
}
