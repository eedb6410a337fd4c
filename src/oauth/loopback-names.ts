/** How a redirect URI names this machine (RFC 8252 sections 7.3 and 8.3), as URL has host names. */
export const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** True where a sign-in that ends there ends at this machine, whether or not something listens. */
export function isOfThisMachine(redirectUri: string): boolean {
  return URL.canParse(redirectUri) && loopbackNames.includes(new URL(redirectUri).hostname)
}
