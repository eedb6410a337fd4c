/**
 * How a person signs in: through the daemon's page in a browser of this machine; with a code that is
 * typed in any browser (RFC 8628); or in any browser, whose last address is pasted back.
 */
export const signInMethods = ['browser', 'device', 'paste'] as const
export type SignInMethod = (typeof signInMethods)[number]
