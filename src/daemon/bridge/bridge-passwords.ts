import { addressHint } from '../../command-line/nearest-known.ts'
import { AccountUnknownError, RequestInvalidError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { BridgePassword } from '../../messages/bridge-api.ts'
import type { PasswordMessage } from '../../messages/bridge-messages.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { createVerifier, type PasswordVerifier } from '../../sasl/server/passwords.ts'
import type { Passwords } from '../control/bridge-management.ts'
import { makePassword } from './make-password.ts'
import type { PasswordFile } from './password-file.ts'

interface BridgePasswordsOptions {
  file: PasswordFile
  /** The addresses of all accounts. */
  users: () => string[]
  /** They have changed: whoever checks them must know. @throws StoreUnreadableError */
  onChange: () => void
  /** A trial is over: nobody checks a password with it any more. Nothing has to be read for that, and it does not throw. */
  onTrialEnd: (trial: PasswordVerifier) => void
  log: Log
}

/** A login of `doctor` takes seconds. */
const trialMs = 60_000
/** As the log has it; no password that is kept can have this name. */
export const trialName = 'cms-oauth doctor'

/** The passwords of the bridges, as the control socket manages them. */
export class BridgePasswords implements Passwords {
  readonly #options: BridgePasswordsOptions
  readonly #trials = new Set<PasswordVerifier>()

  constructor(options: BridgePasswordsOptions) {
    this.#options = options
  }

  /** What the bridge checks passwords with. @throws StoreUnreadableError */
  verifiers(): PasswordMessage {
    const { salt, passwords } = this.#options.file.read()
    return { salt, verifiers: [...passwords.map(withoutDay), ...this.#trials] }
  }

  all(): BridgePassword[] {
    return this.#options.file.read().passwords.map(({ name, accounts, createdAt }) => ({
      name,
      accounts: accounts ?? null,
      created_at: isoTime(createdAt),
    }))
  }

  add(name: string, accounts: string[] | undefined): string {
    requireName(name)
    for (const user of accounts ?? []) this.#requireAccount(user)
    const password = this.#options.file.add(name, accounts)
    this.#options.log.info('bridge.password_added', { caller: name })
    this.#options.onChange()
    return password
  }

  addTrial(): string {
    const { salt } = this.#options.file.read()
    const password = makePassword()
    const verifier = createVerifier(password, { name: trialName, salt })
    const end = () => {
      this.#trials.delete(verifier)
      this.#options.onTrialEnd(verifier)
    }
    this.#trials.add(verifier)
    setTimeout(end, trialMs).unref()
    this.#options.onChange()
    return password
  }

  remove(name: string): void {
    this.#options.file.remove(name)
    this.#options.log.info('bridge.password_removed', { caller: name })
    this.#options.onChange()
  }

  #requireAccount(user: string): void {
    const users = this.#options.users()
    if (users.includes(user)) return
    const otherwise = 'see "cms-oauth status" for the configured ones'
    throw new AccountUnknownError(`no account "${user}" is configured`, {
      hint: addressHint(user, users, otherwise),
    })
  }
}

function withoutDay({
  name,
  accounts,
  sha256,
  storedKey,
  serverKey,
}: PasswordVerifier): PasswordVerifier {
  return { name, ...(accounts === undefined ? {} : { accounts }), sha256, storedKey, serverKey }
}

/** It is in every line of the log: `peer` or `network` would say something else there. */
function requireName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && name !== 'peer' && name !== 'network')
    return
  throw new RequestInvalidError(`"${name}" is not a name for a password`, {
    hint: 'use letters, digits, ".", "_" and "-", 64 at most, like "printer"; "peer" and "network" are taken',
  })
}
