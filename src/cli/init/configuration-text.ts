import type { Protocol } from '../../sasl/output-format.ts'
import { type MailServiceName, mailServices } from './mail-services.ts'

/** What `init` was told. */
export interface Answers {
  user: string
  service: MailServiceName
  /** Empty: to be filled in later. */
  clientId: string
  protocols: readonly Protocol[]
  /** The program's own, with what it needs of it. */
  socket?: { path: string; lines: readonly string[] }
}

/** A configuration with a comment wherever a person has something to decide. */
export function configurationText({ user, service, clientId, ...rest }: Answers): string {
  const { lines, hasSecret, registration } = mailServices[service]
  const account = [
    '[[account]]',
    `user = ${JSON.stringify(user)}`,
    ...lines,
    `# From ${registration}.`,
    clientId === '' ? 'client_id = ""   # EDIT' : `client_id = ${JSON.stringify(clientId)}`,
    ...(hasSecret
      ? ['client_secret_file = "~/.config/cms-oauth/client-secret"   # EDIT: chmod 600']
      : []),
    ...(service === 'office365'
      ? [
          '# tenant = "domain.com"            # where "common" is not let in',
          '# login_hint = "me@domain.com"     # a shared mailbox: who signs in',
        ]
      : []),
  ]
  return `# Of cms-oauthd. "cms-oauthd --help-config" tells every key, "cms-oauthd --check" what is wrong.

${account.join('\n')}

${socketLines(rest).join('\n')}

# [notify]
# command = ["notify-send", "cms-oauth"]   # run when somebody must sign in
`
}

function socketLines({ protocols, socket }: Pick<Answers, 'protocols' | 'socket'>): string[] {
  const served = `protocols = ${JSON.stringify(protocols).replaceAll(',', ', ')}`
  const usual = [
    '# Where cms-oauth and scripts ask: cms.sock in the runtime directory.',
    '[[socket]]',
  ]
  if (socket === undefined) return [...usual, served]
  return [
    ...usual,
    served,
    '',
    '# Every directory above it must let the group through.',
    '[[socket]]',
    `path = ${JSON.stringify(socket.path)}`,
    served,
    ...socket.lines,
  ]
}
