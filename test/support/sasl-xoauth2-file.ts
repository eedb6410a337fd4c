/**
 * The reader of a token file that the plugin sasl-xoauth2 is, by the rules of its format: strict
 * where the plugin is lax, since a value that it converts today it may refuse tomorrow.
 */

/** What the plugin takes from a file. */
export interface PluginToken {
  accessToken: string
  /** Whom it puts into `user=`; the SASL user where the file names none. */
  user: string | undefined
  /** Epoch seconds. */
  expiryS: number
}

/** The plugin refreshes automatically, over the network, what has not longer than this. */
const marginS = 10
const latestInt = 2_147_483_647
const known = ['access_token', 'refresh_token', 'expiry', 'user', 'token_endpoint']

/** What a login at this moment would use. @throws where the plugin would fail or ask the network */
export function readAsPlugin(text: string, nowS = Math.floor(Date.now() / 1_000)): PluginToken {
  const root: unknown = JSON.parse(text)
  if (typeof root !== 'object' || root === null || Array.isArray(root)) throw new Error('no object')
  const values = new Map<string, unknown>(Object.entries(root))
  for (const [name, value] of values) {
    if (!known.includes(name)) throw new Error(`"${name}" is not a member of the format`)
    if (typeof value !== 'string') throw new Error(`"${name}" is not a string`)
  }
  const accessToken = textOf(values, 'access_token')
  const expiry = textOf(values, 'expiry')
  if (!values.has('refresh_token')) throw new Error('"refresh_token" is missing')
  if (accessToken === '') throw new Error('"access_token" is empty')
  if (!/^[1-9]\d*$/.test(expiry) || Number(expiry) > latestInt) {
    throw new Error(`"expiry" is not a time in seconds: "${expiry}"`)
  }
  if (nowS + marginS >= Number(expiry)) throw new Error('the token has expired')
  return { accessToken, user: values.get('user') as string | undefined, expiryS: Number(expiry) }
}

function textOf(values: Map<string, unknown>, name: string): string {
  const value = values.get(name)
  if (typeof value === 'string') return value
  throw new Error(`"${name}" is missing`)
}
