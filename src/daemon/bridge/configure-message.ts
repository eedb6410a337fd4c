import { inheritedDescriptor } from '../../child-process/child-descriptors.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { writeListenAddress } from '../../configuration/listen-address.ts'
import type {
  PasswordMessage,
  ServedCertificate,
  ToBridge,
} from '../../messages/bridge-messages.ts'
import type { CertificateSet } from './bridge-certificates.ts'

interface InForce {
  bridges: readonly BridgeConfiguration[]
  certificates: CertificateSet
  passwords: PasswordMessage
}

/**
 * What is in force, for a process that has listeners of these names, in their order: one that is
 * retired has others than there are now.
 */
export function configureMessage(
  names: readonly string[],
  { bridges, certificates, passwords }: InForce,
): ToBridge {
  return {
    type: 'configure',
    bridges: bridges.map((configuration, index) => ({
      configuration,
      ...certified(certificates.served[index]),
      descriptors: configuration.listen
        .map((address) => names.indexOf(writeListenAddress(address)))
        .filter((place) => place !== -1)
        .map(inheritedDescriptor),
    })),
    passwords,
  }
}

function certified(certificate: ServedCertificate | undefined) {
  return certificate === undefined ? {} : { certificate }
}
