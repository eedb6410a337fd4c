/**
 * How a person signs in: through the daemon's page in a browser of this machine; with a code typed
 * into any browser (RFC 8628); or in any browser, by pasting back the address it ends at.
 */
export const signInMethods = ['browser', 'device', 'paste'] as const
export type SignInMethod = (typeof signInMethods)[number]
