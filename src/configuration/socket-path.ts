/** The longest path in a NUL-terminated sockaddr_un (unix(7)); Node 20 and 22 cut off the rest. */
export const socketPathLimitBytes = 107

/** False for a path that would name another socket: one that is cut off, or an abstract one. */
export function isSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= socketPathLimitBytes && !path.includes('\0')
}
