/** What the kernel's error names say, in the words of strerror(3). */
const words: Record<string, string> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address in use',
  EADDRNOTAVAIL: 'no such address on this machine',
  EBUSY: 'in use',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EEXIST: 'file exists',
  EFBIG: 'file too large',
  EHOSTUNREACH: 'host unreachable',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'name too long',
  ENETUNREACH: 'network unreachable',
  ENOENT: 'no such file or directory',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'not a directory',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
  EPROTO: 'protocol error',
  EROFS: 'read-only file system',
  ESTALE: 'the file server has lost it',
  ETIMEDOUT: 'timed out',
  EDQUOT: 'disk quota exceeded',
}

/** A name like `EACCES` with its words behind it: `EACCES (permission denied)`. */
export function withErrnoWords(code: string | undefined): string {
  if (code === undefined) return 'unknown error'
  return Object.hasOwn(words, code) ? `${code} (${words[code]})` : code
}
