import type {
  AddPasswordAnswer,
  BridgeCertificateAnswer,
  BridgePassword,
  BridgePlace,
  BridgesAnswer,
  BridgeTrouble,
  BridgeUse,
  PasswordsAnswer,
  TrialPasswordAnswer,
} from '../messages/bridge-api.ts'
import {
  filledText,
  instant,
  listOf,
  nullable,
  number,
  openFields,
  optional,
  text,
} from '../shapes/shape.ts'

/** PUT /v1/bridge/passwords/{name}. */
export const addPasswordAnswer = openFields<AddPasswordAnswer>({
  password: filledText,
  asked_for: optional(listOf(filledText)),
})

/** POST /v1/bridge/trial-password. */
export const trialPasswordAnswer = openFields<TrialPasswordAnswer>({ password: filledText })

/** GET /v1/bridges. */
export const bridgesAnswer = openFields<BridgesAnswer>({
  bridges: listOf(
    openFields<BridgePlace>({
      protocol: filledText,
      listen: listOf(filledText),
      clients: optional(number),
    }),
  ),
  troubles: listOf(
    openFields<BridgeTrouble>({
      protocol: text,
      who: text,
      user: nullable(filledText),
      message: text,
      hint: text,
      count: number,
      last_at: instant,
    }),
  ),
  connections: optional(
    listOf(
      openFields<BridgeUse>({
        protocol: filledText,
        user: filledText,
        count: number,
        limit: number,
      }),
    ),
  ),
})

/** GET /v1/bridge/certificate. */
export const certificateAnswer = openFields<BridgeCertificateAnswer>({
  certificate: filledText,
  expires_at: instant,
})

/** GET /v1/bridge/passwords. */
export const passwordsAnswer = openFields<PasswordsAnswer>({
  passwords: listOf(
    openFields<BridgePassword>({
      name: filledText,
      accounts: nullable(listOf(filledText)),
      created_at: instant,
    }),
  ),
})
