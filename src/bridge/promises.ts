import type { Protocol } from '../sasl/output-format.ts'
import { promisedCapabilities } from './imap/promised-capabilities.ts'
import { promisedExtensions, safeExtensions } from './smtp/promised-extensions.ts'

/** What a client may be promised of a mail server before it is logged in there. */
export interface Promises {
  /** Of what the server says that it offers. */
  of: (offered: readonly string[]) => string[]
  /** Where the server could not be asked. */
  safe: readonly string[]
}

/** Those of each protocol; POP has none, since its programs ask again after the login. */
export const promises: Record<Protocol, Promises> = {
  SMTP: { of: promisedExtensions, safe: safeExtensions },
  IMAP: { of: promisedCapabilities, safe: [] },
  POP: { of: () => [], safe: [] },
}
