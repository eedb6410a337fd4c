import type { Protocol } from '../../sasl/output-format.ts'
import type { NewAccount } from './answers.ts'
import { findService } from './mail-services.ts'

interface AccountTextOptions {
  user: string
  account: NewAccount
  /** Where the secret is, or is to be put. */
  secretPath: string
}

/** An [[account]], with a comment only where a person has something to decide. */
export function accountText({ user, account, secretPath }: AccountTextOptions): string {
  const { clientId, tenant, isAppOnly, serviceAccountFile, issuer, scopes } = account
  const { lines, secret, registration, appOnly } = findService(account.service)
  const key = (name: string, value: string) => `${name} = ${JSON.stringify(value)}`
  const isByKey = serviceAccountFile !== undefined
  const isMissing = account.secret === undefined && (secret === 'needed' || isAppOnly)
  return [
    '[[account]]',
    key('user', user),
    ...lines,
    ...(isAppOnly && appOnly !== undefined ? [key('grant', appOnly)] : []),
    ...(tenant === undefined ? [] : [key('tenant', tenant)]),
    ...(issuer === undefined ? [] : [key('authority', issuer)]),
    ...(scopes === undefined ? [] : [`scopes = ${list(scopes)}`]),
    ...(isByKey ? [key('service_account_file', serviceAccountFile)] : []),
    ...(isByKey || clientId !== '' ? [] : [`# From ${registration}.`, 'client_id = ""   # EDIT']),
    ...(clientId === '' ? [] : [key('client_id', clientId)]),
    ...(account.secret === undefined ? [] : [key('client_secret_file', secretPath)]),
    ...(isMissing && !isByKey
      ? [`${key('client_secret_file', secretPath)}   # EDIT: put it there, chmod 600`]
      : []),
    ...(account.service === 'office365' && !isAppOnly
      ? ['# login_hint = "me@domain.com"   # for a shared mailbox: who signs in']
      : []),
    '',
  ].join('\n')
}

/** A [[socket]]; without a path it is the one where cms-oauth and scripts ask. */
export function socketText(protocols: readonly Protocol[], lines: readonly string[] = []): string {
  return `[[socket]]\n${[...lines, `protocols = ${list(protocols)}`].join('\n')}\n`
}

/** A whole configuration around an account and its sockets. */
export function configurationText(
  account: string,
  sockets: readonly string[],
  hasNotifier: boolean,
): string {
  const comment = hasNotifier ? '' : '# '
  return `# Of cms-oauthd. "cms-oauthd --help-config" shows every key, "cms-oauthd --check" what is wrong.

${account}
# Where cms-oauth and scripts ask: cms.sock in the runtime directory.
${sockets.join('\n')}
# Run when somebody must sign in, or read what happened.
${comment}[notify]
${comment}command = ["sh", "-c", 'notify-send cms-oauth "$CMS_OAUTH_MESSAGE $CMS_OAUTH_URL"']
`
}

function list(words: readonly string[]): string {
  return JSON.stringify(words).replaceAll('","', '", "')
}
