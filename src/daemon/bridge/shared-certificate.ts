/**
 * The self-made certificate of all bridges without one of their own, and its key, in a private file of
 * the state directory. Clients are told to trust this very one: it changes only where it must.
 */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { StoreUnreadableError } from '../../errors.ts'
import { writeFileDurably } from '../../files/durable-file.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { readFileIfThere } from '../../files/read-file.ts'
import type { Log } from '../../logging/log.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { earliestTime, isOfSetClock } from '../../schedule/set-clock.ts'
import { makeSelfSigned } from './self-signed.ts'

/** A certificate and its key in PEM. */
export interface SharedCertificate {
  chain: string
  key: string
  expiresAt: number
}

const dayMs = 86_400_000
/** Apple's programs take none that lasts longer. */
const lifeMs = 825 * dayMs
/** The clock of a client may be behind. */
const earlierMs = dayMs
const renewBeforeMs = 30 * dayMs
/** What this machine calls itself. */
const always = ['localhost', '127.0.0.1', '::1']

/** The names that it must have, and those that it gets too when it is made. */
export interface CertificateNames {
  needed: readonly string[]
  wanted: readonly string[]
}

/** Keeps it. */
export class SharedCertificateFile {
  readonly #path: string
  readonly #log: Log

  constructor(stateDirectory: string, log: Log) {
    this.#path = join(stateDirectory, 'bridge-certificate.pem')
    this.#log = log
  }

  /** The one that is kept, or a new one where that one can no longer be used. @throws CmsOauthError */
  provide({ needed, wanted }: CertificateNames): SharedCertificate {
    const kept = this.#read()
    const fault = kept === undefined ? undefined : faultOf(kept, [...always, ...needed])
    if (typeof kept === 'object' && fault === undefined) return kept
    const made = make([...new Set([...always, ...needed, ...wanted])])
    this.#write(made)
    const fields = { path: this.#path, expiresAt: isoTime(made.expiresAt) }
    if (fault === undefined) this.#log.info('bridge.certificate_made', fields)
    else {
      const hint = 'give programs the new one: "cms-oauth bridge certificate"'
      this.#log.warn('bridge.certificate_made', { ...fields, reason: fault, hint })
    }
    return made
  }

  #read(): SharedCertificate | 'damaged' | undefined {
    const file = readFileIfThere({
      path: this.#path,
      what: 'bridge certificate',
      kind: 'secret',
      unreadable: StoreUnreadableError,
      hint: 'check the state directory and the disk; without the file a new one is made',
    })
    return file && parse(file.bytes.toString('utf8'))
  }

  #write({ chain, key }: SharedCertificate): void {
    try {
      writeFileDurably(this.#path, Buffer.from(chain + key))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new StoreUnreadableError(
        `the bridge certificate "${this.#path}" cannot be written: ${withErrnoWords(code)}`,
        { hint: 'check the state directory and the disk', cause: error },
      )
    }
  }
}

function parse(text: string): SharedCertificate | 'damaged' {
  try {
    const certificate = new X509Certificate(text)
    const key = createPrivateKey(text)
    if (!certificate.checkPrivateKey(key)) return 'damaged'
    return {
      chain: certificate.toString(),
      key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
      expiresAt: Date.parse(certificate.validTo),
    }
  } catch {
    return 'damaged'
  }
}

/** Why another one must take its place. */
function faultOf(
  kept: SharedCertificate | 'damaged',
  needed: readonly string[],
): string | undefined {
  if (kept === 'damaged') return 'the file was damaged'
  const certificate = new X509Certificate(kept.chain)
  const missing = needed.find((name) => {
    const found = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)
    return found === undefined
  })
  if (missing !== undefined) return `the old one is not for "${missing}"`
  const now = Date.now()
  const begins = Date.parse(certificate.validFrom)
  if (begins > now && isOfSetClock(now))
    return `the old one begins on ${isoTime(begins).slice(0, 10)}`
  if (kept.expiresAt - now > renewBeforeMs) return undefined
  return `the old one expires on ${isoTime(kept.expiresAt).slice(0, 10)}`
}

function make(names: readonly string[]): SharedCertificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // A certificate knows whole seconds.
  const now = Math.floor(Math.max(Date.now(), earliestTime) / 1_000) * 1_000
  const expiresAt = now - earlierMs + lifeMs
  const chain = makeSelfSigned({
    commonName: `cms-oauth bridge on ${hostname()}`.slice(0, 64),
    names,
    notBefore: now - earlierMs,
    notAfter: expiresAt,
    keys,
  })
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { chain, key, expiresAt }
}
