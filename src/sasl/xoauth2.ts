/**
 * The client's one message of the XOAUTH2 mechanism, as Google and Microsoft describe it, before
 * base64: `user=` U `^A` `auth=Bearer ` T `^A^A`.
 */
export function xoauth2(user: string, accessToken: string): string {
  return `user=${user}\u0001auth=Bearer ${accessToken}\u0001\u0001`
}
