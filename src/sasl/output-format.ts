import { isoTime } from '../schedule/iso-time.ts'
import { oauthbearer } from './oauthbearer.ts'
import { xoauth2 } from './xoauth2.ts'

/** The protocols a request may name. */
export const protocols = ['SMTP', 'IMAP', 'POP'] as const
export type Protocol = (typeof protocols)[number]

/** The output formats, in a request, in `reply` of the configuration, and in `--output`. */
export const outputFormats = [
  'xoauth2',
  'xoauth2-b64',
  'oauthbearer',
  'oauthbearer-b64',
  'token',
  'json',
] as const
export type OutputFormat = (typeof outputFormats)[number]

/** The parts of a credential; of one that is not for mail, its resource is in the place of the protocol. */
export interface Credential<P extends string = Protocol> {
  /** The address asked for. */
  account: string
  /** The SASL identity, which differs from `account` where `sasl_user` says so. */
  user: string
  protocol: P
  accessToken: string
  /** Epoch ms; absent if the server that answered did not say. */
  expiresAt?: number
}

/** True for the name of an output format. */
export function isOutputFormat(word: string): word is OutputFormat {
  return (outputFormats as readonly string[]).includes(word)
}

/** True for the name of a protocol; case matters. */
export function isProtocol(word: string): word is Protocol {
  return (protocols as readonly string[]).includes(word)
}

/** The credential in the given format, without a newline. */
export function formatCredential(credential: Credential<string>, format: OutputFormat): string {
  const { user, accessToken } = credential
  switch (format) {
    case 'xoauth2':
      return xoauth2(user, accessToken)
    case 'xoauth2-b64':
      return base64(xoauth2(user, accessToken))
    case 'oauthbearer':
      return oauthbearer(user, accessToken)
    case 'oauthbearer-b64':
      return base64(oauthbearer(user, accessToken))
    case 'token':
      return accessToken
    case 'json':
      return JSON.stringify({
        account: credential.account,
        user,
        protocol: credential.protocol,
        access_token: accessToken,
        token_type: 'Bearer',
        expires_at: credential.expiresAt === undefined ? null : isoTime(credential.expiresAt),
      })
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
