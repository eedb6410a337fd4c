import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { ConfigInvalidError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { extraAuthorities } from '../https/extra-authorities.ts'
import { Mask } from '../logging/mask.ts'
import type { Credential } from '../sasl/output-format.ts'
import { accountFactsOf } from './account-facts.ts'
import { Connection } from './connection/connection.ts'
import { createMailTls } from './connection/verified-tls.ts'
import { ImapSession } from './imap-session.ts'
import type { MailServer } from './mail-server.ts'
import type { LoginReply, MailSession } from './session.ts'
import { sessions } from './sessions.ts'
import { Transcript } from './transcript.ts'

interface LoginTry {
  server: MailServer
  credential: Credential
  /** Takes each line of the conversation, credentials masked. */
  print: (line: string) => void
  isVerbose?: boolean
  /** An application has the token and nobody signs in; absent: what the token says of it. */
  isAppOnly?: boolean | undefined
}

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
  const mask = new Mask()
  mask.add(accessToken)
  const listener = new Transcript({ print, mask, accessToken, isVerbose })
  const connection = await Connection.open({ server, tls: createMailTls(authorities()), listener })
  return testLogin(new sessions[protocol]({ connection, facts, mask }), credential)
}

/** Logs in, and shows that the login is good for something. */
export async function testLogin(session: MailSession, credential: Credential): Promise<LoginReply> {
  try {
    await session.begin()
    const reply = await session.logIn(credential)
    return session instanceof ImapSession ? await session.select('INBOX') : reply
  } finally {
    session.close()
  }
}

/**
 * The program's first line moves NODE_EXTRA_CA_CERTS out of Node's way, so that fetching a token does
 * not pay for it; here it counts. Where that line was not run, Node says nothing of a file that it cannot
 * read, or just warns.
 */
function authorities(): string[] | undefined {
  const path = extraAuthorities(process.env)
  if (path === undefined) return undefined
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
