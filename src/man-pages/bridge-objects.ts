import type {
  AddPasswordAnswer,
  BridgeCertificateAnswer,
  BridgePassword,
  BridgePlace,
  BridgesAnswer,
  BridgeTrouble,
  BridgeUse,
  PasswordsAnswer,
} from '../messages/bridge-api.ts'

/** The meaning of each field of an object. */
export type Fields<T> = Record<keyof T, string>

const addedPassword: Fields<AddPasswordAnswer> = {
  password: 'it is shown this once, and not kept',
  asked_for:
    'the accounts that it is good for and for which a [[bridge]] or an [[outbox]] asks for a password; absent: an older daemon',
}

const bridges: Fields<BridgesAnswer> = {
  bridges: 'a list of BRIDGE, in the order of the configuration',
  troubles: 'a list of TROUBLE, the latest first',
  connections: 'a list of CONNECTIONS; absent: an older daemon',
}

const bridgePlace: Fields<BridgePlace> = {
  protocol: 'SMTP, IMAP or POP',
  listen: "its addresses, with those of systemd's sockets",
  clients:
    'how many programs are connected, logged in or not, at most a second ago; absent: an older daemon',
}

const bridgeUse: Fields<BridgeUse> = {
  protocol: 'SMTP, IMAP or POP',
  user: 'the account',
  count: 'how many connections all bridges have open to its mail server',
  limit: 'how many there may be: the smallest "connections" of them',
}

const bridgeTrouble: Fields<BridgeTrouble> = {
  protocol: 'of the bridge; empty: of none alone',
  who: "the name of the program's password in quotes, a uid, or an address; empty: nobody's",
  user: 'the account; null: it did not come to that',
  message: 'what is wrong',
  hint: 'what to do; may be empty',
  count: 'how often the log has it',
  last_at: 'when the last time was',
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
  BRIDGES: bridges,
  BRIDGE: bridgePlace,
  CONNECTIONS: bridgeUse,
  TROUBLE: bridgeTrouble,
  PASSWORDS: passwords,
  PASSWORD: bridgePassword,
  CERTIFICATE: bridgeCertificate,
  'ADDED PASSWORD': addedPassword,
}
