import { writeListenAddress } from '../../configuration/listen-address.ts'
import type { BridgeAnswers } from './answers.ts'
import type { BridgePlace } from './bridge-place.ts'

/** A [[bridge]] for one account. */
export function bridgeText(user: string, { server, device }: BridgeAnswers, place: BridgePlace) {
  const { protocol, tls } = place
  return [
    '# Here programs log in that know only passwords: "cms-oauth bridge add-password NAME" makes one for each.',
    '[[bridge]]',
    `protocol = "${protocol}"`,
    `listen = "${writeListenAddress(place)}"`,
    ...(device === undefined ? [] : [`networks = ["${device.network}"]`]),
    `accounts = [${JSON.stringify(user)}]`,
    ...(server === undefined ? [] : [`server = ${JSON.stringify(server)}`]),
    ...(tls === 'off' ? [] : [`tls = "${tls}"`]),
    ...(device !== undefined && tls === 'off'
      ? ['# Mail and password pass the network readable.', 'plaintext = true']
      : []),
    '',
  ].join('\n')
}
