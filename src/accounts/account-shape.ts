import {
  type AccountConfiguration,
  type ClientCertificate,
  clientAuthentications,
  grants,
  providerNames,
  rotations,
  type SecretSource,
} from '../configuration/configuration.ts'
import type { Resource } from '../configuration/resources.ts'
import type { Endpoints } from '../provider-facts/provider-facts.ts'
import { namesOf, presets } from '../provider-facts/providers.ts'
import { sendingApis } from '../provider-facts/sending/sending-api.ts'
import { type Protocol, protocols } from '../sasl/output-format.ts'
import {
  fields,
  type Fields,
  listOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from '../shapes/shape.ts'
import type { Account } from './account.ts'

/** The form of a word for one protocol. */
export const protocolShape: Shape<Protocol> = oneOf(protocols)

const secretSourceShape = variants<SecretSource, 'from'>('from', {
  inline: { value: text },
  file: { path: text },
  command: { argv: listOf(text) },
  credential: { name: text },
})

/** What an account has in its configuration, and again when scopes and endpoints are derived. */
export const commonFields = {
  user: text,
  provider: oneOf(providerNames),
  preset: optional(oneOf(namesOf(presets))),
  clientId: text,
  clientSecret: optional(secretSourceShape),
  clientAuthentication: optional(oneOf(clientAuthentications)),
  clientSecretExpiresAt: optional(number),
  clientCertificate: optional(fields<ClientCertificate>({ path: text, key: secretSourceShape })),
  clientAssertionFile: optional(text),
  serviceAccountKey: optional(secretSourceShape),
  grant: oneOf(grants),
  signInWith: optional(text),
  saslUser: fields<Account['saslUser']>({
    SMTP: optional(text),
    IMAP: optional(text),
    POP: optional(text),
  }),
  resource: optional(fields<Resource>({ name: text, user: text })),
  authority: optional(text),
} satisfies Partial<Fields<Account>> & Partial<Fields<AccountConfiguration>>

/** The form of an account that crosses to another process. */
export const accountShape: Shape<Account> = fields<Account>({
  ...commonFields,
  loginHint: text,
  scopes: listOf(text),
  consentScopes: optional(listOf(text)),
  endpoints: fields<Endpoints>({
    authorization: optional(text),
    token: optional(text),
    deviceAuthorization: optional(text),
    revocation: optional(text),
  }),
  redirectUri: text,
  issuer: text,
  sendsBy: optional(oneOf(namesOf(sendingApis))),
  isSentWith: optional(oneOf([true])),
  rotation: oneOf(rotations),
})
