import type {
  AddPasswordAnswer,
  BridgeCertificateAnswer,
  BridgePassword,
  PasswordsAnswer,
} from '../messages/bridge-api.ts'
import { filledText, instant, listOf, nullable, openFields } from '../shapes/shape.ts'

/** PUT /v1/bridge/passwords/{name}. */
export const addPasswordAnswer = openFields<AddPasswordAnswer>({ password: filledText })

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
