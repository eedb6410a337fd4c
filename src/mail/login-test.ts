import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { ConfigInvalidError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import type { Credential, Protocol } from '../sasl/output-format.ts'
import { fetchCredential } from '../socket-client/fetch.ts'
import { accountFactsOf } from './account-facts.ts'
import { Dialogue } from './dialogue.ts'
import { loginToImap } from './imap-login.ts'
import type { LoginReply } from './login.ts'
import type { MailServer } from './mail-server.ts'
import { loginToPop } from './pop-login.ts'
import { loginToSmtp } from './smtp-login.ts'

interface LoginTry {
  server: MailServer
  credential: Credential
  /** Takes each line of the conversation, credentials masked. */
  print: (line: string) => void
  isVerbose?: boolean
  /** An application has the token and nobody signs in; absent: what the token says of it. */
  isAppOnly?: boolean | undefined
}

const logins = { SMTP: loginToSmtp, IMAP: loginToImap, POP: loginToPop }
const farewells = { SMTP: 'QUIT', IMAP: 'bye LOGOUT', POP: 'QUIT' }

/** Logs in to a mail server and leaves again; what the server said to it. @throws CmsOauthError */
export async function tryLogin({
  server,
  credential,
  print,
  isVerbose = false,
  isAppOnly,
}: LoginTry): Promise<LoginReply> {
  const { protocol, account, accessToken } = credential
  const facts = accountFactsOf(account, server.host, accessToken)
  if (isAppOnly !== undefined) facts.isAppOnly = isAppOnly
  const ca = authorities()
  const dialogue = await Dialogue.open({ server, ca, accessToken, facts, print, isVerbose })
  try {
    return await logins[protocol](dialogue, { isImplicitTls: server.isImplicitTls, credential })
  } finally {
    dialogue.close(farewells[protocol])
  }
}

/** The credential of an account from a token socket. @throws CmsOauthError */
export async function readCredential(
  user: string,
  protocol: Protocol,
  path: string,
): Promise<Credential> {
  const json = await fetchCredential({ path, user, protocol, format: 'json' })
  const answer = JSON.parse(json) as { user: string; access_token: string }
  return { account: user, user: answer.user, protocol, accessToken: answer.access_token }
}

/**
 * The program's first line moves NODE_EXTRA_CA_CERTS out of Node's way, so that fetching a token does
 * not pay for it; here it counts.
 */
function authorities(): string[] | undefined {
  const path = process.env['CMS_OAUTH_EXTRA_CA'] ?? ''
  if (path === '') return undefined
  try {
    return [...rootCertificates, readFileSync(path, 'utf8')]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(
      `NODE_EXTRA_CA_CERTS="${path}" cannot be read: ${withErrnoWords(code)}`,
      {
        hint: 'correct the path or unset it',
        cause: error,
      },
    )
  }
}
