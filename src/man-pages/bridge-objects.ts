import type {
  AddPasswordAnswer,
  BridgeCertificateAnswer,
  BridgePassword,
  PasswordsAnswer,
} from '../messages/bridge-api.ts'

/** The meaning of each field of an object. */
export type Fields<T> = Record<keyof T, string>

const addedPassword: Fields<AddPasswordAnswer> = {
  password: 'it is told this once, and not kept',
}

const passwords: Fields<PasswordsAnswer> = {
  passwords: 'a list of PASSWORD',
}

const bridgePassword: Fields<BridgePassword> = {
  name: 'which program has it',
  accounts: 'what it is good for; null: every account of every bridge',
  created_at: 'when it was made',
}

const bridgeCertificate: Fields<BridgeCertificateAnswer> = {
  certificate: 'in PEM',
  expires_at: 'when it expires; a new one is made a month before',
}

/** The objects about bridges, by the names that the page gives them. */
export const bridgeObjects = {
  PASSWORDS: passwords,
  PASSWORD: bridgePassword,
  CERTIFICATE: bridgeCertificate,
  'ADDED PASSWORD': addedPassword,
}
