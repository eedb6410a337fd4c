import { pbkdf2Sync } from 'node:crypto'
import { UsageError } from '../errors.ts'
import { askSecret } from './ask-secret.ts'
import { openFernet } from './fernet.ts'
import type { ForeignToken } from './foreign-token.ts'

/** What email-oauth2-proxy takes where its file does not say it. */
const defaultIterations = 100_000
/** Ten times what it writes; more would only keep a processor busy. */
const mostIterations = 12_000_000

/**
 * The refresh token as it is, also where email-oauth2-proxy has encrypted it with the password that the
 * mail program gives it: that is asked for on the terminal.
 * @throws UsageError without a terminal, or where the password does not open it
 */
export async function decryptToken(user: string, token: ForeignToken): Promise<string> {
  const { refreshToken, encryption, address = user } = token
  if (encryption === undefined) return refreshToken
  const password = await askSecret(
    `Password that the mail program gives to email-oauth2-proxy for ${address}: `,
  )
  if (password === undefined) {
    throw new UsageError(`the refresh token of "${address}" is encrypted`, {
      hint: `email-oauth2-proxy encrypts it with the password that the mail program gives it, which is asked for at a terminal only: run this there, or run "cms-oauth login ${user}" instead, the registration may stay the same`,
    })
  }
  const opened = decrypt(refreshToken, encryption, password)
  if (opened !== undefined) return opened
  throw new UsageError(`the password does not open the refresh token of "${address}"`, {
    hint: `it is the one that the mail program gives to the proxy, not that of the mailbox; run this again, or run "cms-oauth login ${user}" instead`,
  })
}

function decrypt(
  token: string,
  { salt, iterations = defaultIterations }: NonNullable<ForeignToken['encryption']>,
  password: string,
): string | undefined {
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > mostIterations) {
    throw new UsageError(
      `token_iterations is ${iterations}, which email-oauth2-proxy never writes`,
      {
        hint: 'check that the file is the one that it uses',
      },
    )
  }
  // As it does itself: what an older version encrypted is still there after an update.
  for (const count of new Set([iterations, defaultIterations])) {
    const key = pbkdf2Sync(password, Buffer.from(salt, 'base64'), count, 32, 'sha256')
    const opened = openFernet(token, key)
    if (opened !== undefined && /^[\x21-\x7e]+$/.test(opened)) return opened
  }
  return undefined
}
