import { ProviderProtocolError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import { isHttpsUrl } from './https-url.ts'
import { parseJsonObject } from './json-object.ts'
import { lifetimeMsIn } from './lifetime.ts'
import { checkEndpoints } from './next-steps.ts'

/** The grant type of a device code at the token endpoint (RFC 8628 section 3.4). */
export const deviceCodeGrantType = 'urn:ietf:params:oauth:grant-type:device_code'

/** A device authorization response (RFC 8628 section 3.2), checked. */
export interface DeviceAuthorization {
  deviceCode: Secret
  /** What a person types at `verificationUri`; printable. */
  userCode: string
  verificationUri: string
  /** With the code in it; absent where the server has none. */
  verificationUriComplete?: string
  /** Epoch ms. */
  expiresAt: number
  /** How long to wait between polls, at least. */
  intervalMs: number
}

/** It is shown, and a picture made of it. */
const longestPage = 2_000
const defaultIntervalMs = 5_000
const longestIntervalMs = 60_000
const assumedLifetimeMs = 10 * 60_000
const longestLifetimeMs = 60 * 60_000

/**
 * Checks and translates the answer. The user code and the addresses are shown on a terminal, so
 * control characters are refused. An interval that is missing or not a positive number becomes 5 s;
 * it is at most a minute.
 * @throws ProviderProtocolError
 */
export function parseDeviceAuthorization(body: string, now: number): DeviceAuthorization {
  const fields = parseJsonObject(body)
  const { device_code, user_code } = fields
  // `verification_url` is Google's and old Microsoft's spelling, from before the RFC.
  const verificationUri = webPageIn(fields['verification_uri'] ?? fields['verification_url'])
  const verificationUriComplete = webPageIn(fields['verification_uri_complete'])
  if (typeof device_code !== 'string' || device_code === '') throw broken('a device code')
  if (
    typeof user_code !== 'string' ||
    !/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(user_code)
  ) {
    throw broken('a code to type')
  }
  if (verificationUri === undefined) throw broken('an https page to type the code at')
  const lifetimeMs = positiveMsIn(fields['expires_in'], longestLifetimeMs) ?? assumedLifetimeMs
  const intervalMs = positiveMsIn(fields['interval'], longestIntervalMs) ?? defaultIntervalMs
  return {
    deviceCode: new Secret(device_code),
    userCode: user_code,
    verificationUri,
    expiresAt: now + lifetimeMs,
    intervalMs: Math.max(1_000, intervalMs),
    ...(verificationUriComplete === undefined ? {} : { verificationUriComplete }),
  }
}

function webPageIn(value: unknown): string | undefined {
  return isHttpsUrl(value) && value.length <= longestPage ? value : undefined
}

function positiveMsIn(field: unknown, longestMs: number): number | undefined {
  const ms = lifetimeMsIn(field, longestMs) ?? 0
  return ms > 0 ? ms : undefined
}

function broken(what: string): ProviderProtocolError {
  return new ProviderProtocolError(`the device authorization endpoint answered without ${what}`, {
    hint: checkEndpoints,
  })
}
