/**
 * An error code as RFC 6749 would spell it: `INVALID_REFRESH_TOKEN`, `Access Denied`,
 * `oauth.v2.InvalidGrant`.
 */
export function plainWord(error: string): string {
  return error
    .trim()
    .replace(/^[\w.]*\.(?=\w)/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s-]+/g, '_')
    .toLowerCase()
}
