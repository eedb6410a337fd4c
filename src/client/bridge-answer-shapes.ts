import type {
  AddPasswordAnswer,
  BridgeCertificateAnswer,
  BridgePassword,
  PasswordsAnswer,
} from '../messages/bridge-api.ts'
import { instant, list, nullable, object, text } from './shape.ts'

/** PUT /v1/bridge/passwords/{name}. */
export const addPasswordAnswer = object<AddPasswordAnswer>({ password: text })

/** GET /v1/bridge/certificate. */
export const certificateAnswer = object<BridgeCertificateAnswer>({
  certificate: text,
  expires_at: instant,
})

/** GET /v1/bridge/passwords. */
export const passwordsAnswer = object<PasswordsAnswer>({
  passwords: list(
    object<BridgePassword>({ name: text, accounts: nullable(list(text)), created_at: instant }),
  ),
})
