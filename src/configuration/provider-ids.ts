/** True for an ID as Microsoft gives them to applications, tenants and secrets. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}

/** True for a client ID as Google gives it. */
export function isGoogleClientId(text: string): boolean {
  return text.endsWith('.apps.googleusercontent.com')
}
