import type { BridgePlace } from './bridge-place.ts'

/** The values that are filled into the examples of programs that know only passwords. */
export interface BridgeFilling {
  user: string
  password: string
  place: Pick<BridgePlace, 'port'>
}

/** The ports of the examples, each of one protocol. */
const examplePorts = /\b(?:1587|1143|1110)\b/g

/** The text of an example for an address and its bridge, with the choices that are left as comments. */
export function fillBridgeExample(text: string, { user, password, place }: BridgeFilling): string {
  return text
    .replaceAll(/^[^\w\n]*EDIT(?: the .*)?\n/gm, '')
    .replaceAll(/ EDIT the .*$/gm, '')
    .replaceAll(
      /EDIT (what|where) /g,
      (_, word: string) => `${word === 'what' ? 'What' : 'Where'} `,
    )
    .replaceAll(/user@domain\.com\b/g, () => user)
    .replaceAll(/\bPASSWORD\b/g, () => password)
    .replaceAll(examplePorts, String(place.port))
}
