/** The JSON of the control socket about the bridges. */

/** Body of PUT /v1/bridge/passwords/{name}. */
export interface AddPasswordBody {
  /** Addresses it is good for; absent: every account of every bridge. */
  accounts?: string[]
}

/** Its answer: the only time that the password is shown. */
export interface AddPasswordAnswer {
  password: string
  /**
   * Of the accounts that it is good for, those for which a bridge, or an outbox, asks for a password;
   * absent: an older daemon.
   */
  asked_for?: string[]
}

/** Answer of GET /v1/bridge/passwords. */
export interface PasswordsAnswer {
  passwords: BridgePassword[]
}

/** Answer of POST /v1/bridge/trial-password: good for one minute, and written nowhere. */
export interface TrialPasswordAnswer {
  password: string
}

/** Answer of GET /v1/bridges. */
export interface BridgesAnswer {
  bridges: BridgePlace[]
  /** The latest first. */
  troubles: BridgeTrouble[]
  /** Of each protocol and account that bridges serve; absent: an older daemon. */
  connections?: BridgeUse[]
}

/** The connections of an account to its mail server, over all bridges of a protocol. */
export interface BridgeUse {
  protocol: string
  user: string
  /** Open, or about to be. */
  count: number
  /** How many there may be. */
  limit: number
}

/** A [[bridge]], in the order of the configuration, and where it listens. */
export interface BridgePlace {
  protocol: string
  /** With the addresses of sockets that systemd has made. */
  listen: string[]
  /** How many programs are connected, logged in or not, at most a second ago; absent: an older daemon. */
  clients?: number
}

/** What went wrong at a bridge in the last hour, as often as it was logged. */
export interface BridgeTrouble {
  /** Empty: of none alone. */
  protocol: string
  /** The name of a password in quotes, a uid, or an address; empty: nobody's. */
  who: string
  /** Null: it did not come to that. */
  user: string | null
  message: string
  /** What to do; may be empty. */
  hint: string
  count: number
  last_at: string
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
