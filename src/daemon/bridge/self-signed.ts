/** A certificate (RFC 5280) that signs itself: Node reads certificates, and makes none. */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { addressBytes } from '../../kernel/address-bytes.ts'
import { der, derBits, derIdentifier, derInteger, derTime, derTrue } from './der.ts'

/** What a certificate says. */
export interface SelfSignedFacts {
  /** What people see. */
  commonName: string
  /** DNS names and IP addresses of the server. */
  names: readonly string[]
  /** Epoch ms. */
  notBefore: number
  notAfter: number
  /** Of a curve of NIST. */
  keys: { publicKey: KeyObject; privateKey: KeyObject }
}

const ecdsaWithSha256 = der('sequence', derIdentifier('1.2.840.10045.4.3.2'))
const serialBytes = 16

/** The certificate in PEM. */
export function makeSelfSigned(facts: SelfSignedFacts): string {
  const { commonName, keys, notBefore, notAfter } = facts
  const name = nameOf(commonName)
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' })
  const toSign = der(
    'sequence',
    // Version 3.
    der(0xa0, derInteger(Buffer.from([2]))),
    derInteger(randomBytes(serialBytes)),
    ecdsaWithSha256,
    name,
    der('sequence', derTime(notBefore), derTime(notAfter)),
    name,
    publicKey,
    der(0xa3, der('sequence', ...extensionsOf(facts, publicKey))),
  )
  const signature = sign('sha256', toSign, keys.privateKey)
  const whole = der('sequence', toSign, ecdsaWithSha256, derBits(signature))
  return pemOf('CERTIFICATE', whole)
}

/** It serves TLS and signs no other certificate. */
function extensionsOf({ names }: SelfSignedFacts, publicKey: Buffer): Buffer[] {
  const serverAuthentication = derIdentifier('1.3.6.1.5.5.7.3.1')
  // The seven bits after digitalSignature are not used.
  const digitalSignature = derBits(Buffer.from([0x80]), 7)
  const keyId = createHash('sha1').update(publicKey).digest()
  return [
    extension('2.5.29.19', true, der('sequence')),
    extension('2.5.29.15', true, digitalSignature),
    extension('2.5.29.37', false, der('sequence', serverAuthentication)),
    extension('2.5.29.17', false, der('sequence', ...names.map(generalName))),
    extension('2.5.29.14', false, der('octets', keyId)),
  ]
}

function extension(identifier: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [derTrue] : []
  return der('sequence', derIdentifier(identifier), ...critical, der('octets', value))
}

function nameOf(commonName: string): Buffer {
  const attribute = der('sequence', derIdentifier('2.5.4.3'), der('utf8', Buffer.from(commonName)))
  return der('sequence', der('set', attribute))
}

/** RFC 5280 section 4.2.1.6: dNSName is [2], iPAddress [7]. */
function generalName(name: string): Buffer {
  return isIP(name) === 0 ? der(0x82, Buffer.from(name, 'ascii')) : der(0x87, addressBytes(name))
}

function pemOf(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
