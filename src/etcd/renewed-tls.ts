import { Agent } from 'node:https'
import { AttemptError, type EtcdTls, tlsOptions } from './gateway-request.ts'
import type { EtcdTroubleKind } from './etcd-error.ts'

/** As many as a renewer has jobs. */
const mostConnections = 8
const idleMs = 10_000
/** With TLS 1.3 a refused certificate may be seen as a closed connection only. */
const mayBeOfCertificates: readonly EtcdTroubleKind[] = [
  'certificate',
  'client_certificate',
  'unreachable',
]

/** The certificates of a way to an engine, and the connections that are kept; both are new where the files are. */
export class RenewedTls {
  readonly #read: (() => Promise<EtcdTls>) | undefined
  #tls: EtcdTls
  #agent: Agent

  /** Without `read` they stay what they are. */
  constructor(tls: EtcdTls, read?: () => Promise<EtcdTls>) {
    this.#tls = tls
    this.#read = read
    this.#agent = agentWith(tls)
  }

  /** As they are now. */
  get tls(): EtcdTls {
    return this.#tls
  }

  /** Keeps connections that were made with them. */
  get agent(): Agent {
    return this.#agent
  }

  /** Reads them again where this may be about them; true where they are others by now. Never throws. */
  async renewAfter(error: unknown): Promise<boolean> {
    if (this.#read === undefined || !(error instanceof AttemptError)) return false
    if (!mayBeOfCertificates.includes(error.trouble.kind)) return false
    const before = this.#tls
    const tls = await present(this.#read)
    // Another failure may have been faster.
    if (before !== this.#tls) return true
    if (tls === undefined || isSame(before, tls)) return false
    this.#tls = tls
    // What is under way goes on by the one before, whose connections are closed when they are idle.
    this.#agent = agentWith(tls)
    return true
  }

  /** Closes what waits for the next request. */
  close(): void {
    this.#agent.destroy()
  }
}

/** Undefined: they are being replaced, and complete at the next failure. */
async function present(read: () => Promise<EtcdTls>): Promise<EtcdTls | undefined> {
  try {
    return await read()
  } catch {
    return undefined
  }
}

function agentWith(tls: EtcdTls): Agent {
  return new Agent({
    ...tlsOptions(tls),
    keepAlive: true,
    maxSockets: mostConnections,
    maxFreeSockets: 2,
    timeout: idleMs,
  })
}

function isSame(one: EtcdTls, other: EtcdTls): boolean {
  const parts = ['ca', 'cert', 'key'] as const
  return parts.every((part) => (one[part] ?? '').toString() === (other[part] ?? '').toString())
}
