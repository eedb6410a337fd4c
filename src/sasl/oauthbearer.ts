/**
 * The client's first message of OAUTHBEARER (RFC 7628 section 3.1) with the GS2 header of RFC 5801:
 * no channel binding, `user` as authorization identity with `=` and `,` escaped.
 */
export function oauthbearer(user: string, accessToken: string): string {
  const authorizationIdentity = user.replaceAll('=', '=3D').replaceAll(',', '=2C')
  return `n,a=${authorizationIdentity},\u0001auth=Bearer ${accessToken}\u0001\u0001`
}
