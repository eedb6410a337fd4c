const unknownAuthority = 'from an authority that is not known here'

/** What error names say: those of the kernel in the words of strerror(3), and those of TLS. */
const words: Record<string, string> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address in use',
  EADDRNOTAVAIL: 'no such address on this machine',
  EAGAIN: 'temporarily unavailable',
  EBADF: 'bad file descriptor',
  EBUSY: 'in use',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EEXIST: 'file exists',
  EFBIG: 'file too large',
  EHOSTUNREACH: 'host unreachable',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  EMSGSIZE: 'message too long',
  ENAMETOOLONG: 'name too long',
  ENETUNREACH: 'network unreachable',
  ENFILE: 'too many open files on this machine',
  ENOBUFS: 'no buffer space left',
  ENOENT: 'no such file or directory',
  ENOLCK: 'no locks available',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'not a directory',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
  EOPNOTSUPP: 'operation not supported',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
  EPROTO: 'protocol error',
  EROFS: 'read-only file system',
  ESTALE: 'the file server has lost it',
  ETIMEDOUT: 'timed out',
  EDQUOT: 'disk quota exceeded',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not valid yet',
  CERT_REVOKED: 'revoked',
  CERT_SIGNATURE_FAILURE: 'not signed by the authority that it names',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the answer is not TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'for another name',
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `${unknownAuthority}, or sent without the one in between`,
}

/** A name like `EACCES` or `CERT_HAS_EXPIRED` with its words behind it: `EACCES (permission denied)`. */
export function withErrnoWords(code: string | undefined): string {
  if (code === undefined) return 'unknown error'
  return Object.hasOwn(words, code) ? `${code} (${words[code]})` : code
}
