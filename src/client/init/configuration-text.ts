import { findService } from '../../provider-facts/mail-services.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import type { NewAccount } from './answers.ts'

interface AccountTextOptions {
  user: string
  account: NewAccount
  /** The path of the secret's file. */
  secretPath: string
}

/** An [[account]], with a comment only where a person has something to decide. */
export function accountText({ user, account, secretPath }: AccountTextOptions): string {
  const { service, tenant, isAppOnly, serviceAccountFile, issuer, scopes } = account
  const { lines, appOnly } = findService(service)
  return [
    '[[account]]',
    key('user', user),
    ...lines,
    ...(isAppOnly ? optional('grant', appOnly) : []),
    ...optional('tenant', tenant),
    ...optional('authority', issuer),
    ...(scopes === undefined ? [] : [`scopes = ${list(scopes)}`]),
    ...optional('service_account_file', serviceAccountFile),
    ...(serviceAccountFile === undefined ? clientLines(account, secretPath) : []),
    ...(service === 'office365' && !isAppOnly
      ? ['# login_hint = "me@domain.com"   # for a shared mailbox: who signs in']
      : []),
    '',
  ].join('\n')
}

function clientLines({ service, clientId, isAppOnly, secret }: NewAccount, path: string): string[] {
  const { registration, secret: wanted } = findService(service)
  const isMissing = secret === undefined && (wanted === 'needed' || isAppOnly)
  return [
    ...(clientId === ''
      ? [`# From ${registration}.`, 'client_id = ""   # EDIT']
      : [key('client_id', clientId)]),
    ...(secret === undefined ? [] : [key('client_secret_file', path)]),
    ...(isMissing ? [`${key('client_secret_file', path)}   # EDIT: put it there, chmod 600`] : []),
  ]
}

function key(name: string, value: string): string {
  return `${name} = ${JSON.stringify(value)}`
}

function optional(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [key(name, value)]
}

/** A [[socket]]; without a path it is the one where cms-oauth and scripts ask. */
export function socketText(protocols: readonly Protocol[], lines: readonly string[] = []): string {
  return `[[socket]]\n${[...lines, `protocols = ${list(protocols)}`].join('\n')}\n`
}

interface ConfigurationTextOptions {
  account: string
  sockets: readonly string[]
  /** Empty: there is none. */
  bridge: string
  hasNotifier: boolean
}

/** A whole configuration around an account, its sockets and its bridge. */
export function configurationText({
  account,
  sockets,
  bridge,
  hasNotifier,
}: ConfigurationTextOptions): string {
  const comment = hasNotifier ? '' : '# '
  const where = '# Where cms-oauth and scripts ask: cms.sock in the runtime directory.'
  const tables = [
    ...(sockets.length === 0 ? [] : [[where, ...sockets].join('\n')]),
    ...(bridge === '' ? [] : [bridge]),
  ]
  return `# Of cms-oauthd. "cms-oauthd --help-config" shows every key, "cms-oauthd --check" what is wrong.

${account}
${tables.join('\n')}
# Run when somebody must sign in, or read what happened.
${comment}[notify]
${comment}command = ["sh", "-c", 'notify-send cms-oauth "$CMS_OAUTH_MESSAGE $CMS_OAUTH_URL"']
`
}

function list(words: readonly string[]): string {
  return JSON.stringify(words).replaceAll('","', '", "')
}
