/** The JSON of the control socket about the bridges. */

/** Body of PUT /v1/bridge/passwords/{name}. */
export interface AddPasswordBody {
  /** Addresses it is good for; absent: every account of every bridge. */
  accounts?: string[]
}

/** Its answer: the only time that the password is told. */
export interface AddPasswordAnswer {
  password: string
}

/** Answer of GET /v1/bridge/passwords. */
export interface PasswordsAnswer {
  passwords: BridgePassword[]
}

/** A password that a mail program has. */
export interface BridgePassword {
  name: string
  /** What it is good for; null: every account of every bridge. */
  accounts: string[] | null
  created_at: string
}

/** Answer of GET /v1/bridge/certificate. */
export interface BridgeCertificateAnswer {
  /** The self-made one, in PEM: for the trust of mail programs. */
  certificate: string
  expires_at: string
}
