import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { RequestInvalidError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { BridgeCertificateAnswer } from '../../messages/bridge-api.ts'
import type { ServedCertificate } from '../../messages/bridge-messages.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { readServerCertificate } from '../../configuration/server-certificate.ts'
import { certificateNames } from './certificate-names.ts'
import type { SharedCertificate, SharedCertificateFile } from './shared-certificate.ts'

/** The certificates of bridges, as they were read together. */
export interface CertificateSet {
  /** In the order of the bridges; undefined for one without TLS. */
  served: (ServedCertificate | undefined)[]
  /** The self-made one, where any bridge has it. */
  shared: SharedCertificate | undefined
}

/** No bridge has TLS. */
export const noCertificates: CertificateSet = { served: [], shared: undefined }

interface BridgeCertificatesOptions {
  file: Pick<SharedCertificateFile, 'provide'>
  log: Log
}

/** What bridges show to programs that begin TLS. */
export class BridgeCertificates {
  readonly #options: BridgeCertificatesOptions

  constructor(options: BridgeCertificatesOptions) {
    this.#options = options
  }

  /** Reads the files as they are now, and makes the shared one where it is needed. @throws CmsOauthError */
  async read(bridges: readonly BridgeConfiguration[]): Promise<CertificateSet> {
    const own = await Promise.all(bridges.map((bridge) => this.#readOwn(bridge)))
    const sharing = bridges.filter(({ tls, certificate }) => tls !== 'off' && !certificate)
    const names = certificateNames(sharing)
    const shared = sharing.length === 0 ? undefined : this.#options.file.provide(names)
    const served = bridges.map((bridge, index) => {
      return sharing.includes(bridge) ? shared && withoutDate(shared) : own[index]
    })
    return { served, shared }
  }

  async #readOwn({ certificate }: BridgeConfiguration): Promise<ServedCertificate | undefined> {
    if (certificate === undefined) return undefined
    const read = await readServerCertificate(certificate)
    if (read.expiresAt <= Date.now()) {
      this.#options.log.warn('bridge.certificate_expired', {
        path: certificate.path,
        expiresAt: isoTime(read.expiresAt),
        hint: 'replace it and its key, then run "cms-oauth reload"',
      })
    }
    return withoutDate(read)
  }
}

/** What clients are to trust. @throws RequestInvalidError where no bridge shows it */
export function sharedCertificateAnswer({ shared }: CertificateSet): BridgeCertificateAnswer {
  if (shared === undefined) {
    throw new RequestInvalidError('no bridge uses the self-made certificate', {
      hint: 'it is for those with "tls" and without "certificate_file": see [[bridge]] in cms-oauth.toml(5)',
    })
  }
  return { certificate: shared.chain, expires_at: isoTime(shared.expiresAt) }
}

function withoutDate({ chain, key }: ServedCertificate): ServedCertificate {
  return { chain, key }
}
