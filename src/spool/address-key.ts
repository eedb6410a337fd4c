/** What makes two addresses the same: of the domain, case does not count. */
export function addressKey(address: string): string {
  const at = address.lastIndexOf('@')
  return address.slice(0, at) + address.slice(at).toLowerCase()
}
