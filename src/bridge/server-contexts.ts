import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { ServedCertificate } from '../messages/bridge-messages.ts'
import type { EventLog } from './event-log.ts'

/** The TLS contexts for programs, one for each certificate: each takes time and memory to make. */
export class ServerContexts {
  readonly #log: EventLog
  #contexts = new Map<string, SecureContext | undefined>()

  constructor(log: EventLog) {
    this.#log = log
  }

  /** Forgets those of all other certificates; whoever is connected by them stays. */
  keep(certificates: readonly ServedCertificate[]): void {
    const kept = new Set(certificates.map(nameOf))
    this.#contexts = new Map([...this.#contexts].filter(([name]) => kept.has(name)))
  }

  /** Undefined for what OpenSSL does not take, such as a signature that is too weak: the log says so. */
  of(certificate: ServedCertificate): SecureContext | undefined {
    const name = nameOf(certificate)
    if (!this.#contexts.has(name)) this.#contexts.set(name, this.#create(certificate))
    return this.#contexts.get(name)
  }

  #create({ chain, key }: ServedCertificate): SecureContext | undefined {
    try {
      return createSecureContext({
        cert: chain,
        key,
        minVersion: 'TLSv1.2',
        honorCipherOrder: true,
        // A client could make the server calculate for nothing.
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      })
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      const reason = `OpenSSL does not take the certificate: ${code}`
      this.#log.warn('bridge.certificate_unusable', {
        reason,
        hint: 'check certificate_file: certificates above it, and how they are signed',
      })
      return undefined
    }
  }
}

function nameOf({ chain, key }: ServedCertificate): string {
  return `${chain}\n${key}`
}
