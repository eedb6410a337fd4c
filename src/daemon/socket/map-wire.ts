/**
 * A map server of Postfix and sendmail (socketmap_table(5)), each in a netstring:
 *
 *     lookup = name SP key               ; whatever the map is called, the key is an address
 *     answer = "OK" SP user ":" token    ; what smtp_sasl_password_maps has
 *            / "NOTFOUND" SP             ; no such account here: Postfix goes on with its next key
 *            / "TEMP" SP reason          ; Postfix keeps the mail
 */
import { type Account, saslIdentity } from '../../accounts/account.ts'
import { isAddress } from '../../configuration/address.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import { netstring } from './netstring.ts'
import { silence } from './reply.ts'
import type { ParsedRequest, TokenRequest } from './request.ts'
import type { Wire } from './wire.ts'

const notFound = netstring('NOTFOUND ')
/** Postfix logs it, and puts it beside the mail that waits. */
const mostReasonCharacters = 400

/** What a token socket with `reply = "socketmap"` is asked and answers. */
export class MapWire implements Wire {
  readonly isMap = true
  readonly #protocol: Protocol

  constructor(protocol: Protocol) {
    this.#protocol = protocol
  }

  parse(bytes: Buffer): ParsedRequest | { answer: Uint8Array } {
    const text = Buffer.from(bytes).toString('latin1')
    const space = text.indexOf(' ')
    if (space === -1) {
      const hint = 'a lookup is the name of the map, a space, and an address'
      return { refusal: 'the lookup is not a name and a key', hint, format: undefined }
    }
    const user = text.slice(space + 1)
    // Postfix asks for the host too: that there is nothing is not worth a line of the log.
    if (!isAddress(user)) return { answer: notFound }
    return { request: { protocol: this.#protocol, user, format: undefined } }
  }

  grant({ protocol }: TokenRequest, account: Account, { accessToken }: ServedToken): Uint8Array {
    return netstring(`OK ${saslIdentity(account, protocol)}:${accessToken.reveal()}`)
  }

  refuse({ code, message }: CmsOauthError): Uint8Array {
    if (code === 'request_invalid') return silence
    if (code === 'account_unknown') return notFound
    const reason = message.slice(0, mostReasonCharacters).replaceAll(/[^ -~]/g, '?')
    return netstring(`TEMP ${reason}`)
  }
}
