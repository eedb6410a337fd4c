import type { LogLine } from '../support/daemon.ts'

/** What a line of the daemon's log is to who watches; the others are not shown. */
const words: Record<string, (line: Record<string, string>) => string> = {
  'token.granted': ({ program, protocol, fingerprint }) =>
    `token.granted to ${program} for ${protocol}  token ${fingerprint}`,
  'token.refreshed': ({ fingerprint }) => `token.refreshed  token ${fingerprint}`,
  'token.refresh_failed': ({ message }) => `token.refresh_failed  ${message}`,
  'token.refused': ({ user = 'nobody', message }) => `token.refused for ${user}: ${message}`,
  'token.forgotten': ({ user }) => `token.forgotten of ${user}`,
  'token.sign_in_required': ({ user, message }) => `token.sign_in_required of ${user}: ${message}`,
  'sign_in.opened': ({ user }) => `sign_in.opened for ${user}`,
  'sign_in.closed': ({ user }) => `sign_in.closed for ${user}`,
  'sign_in.failed': ({ user, message }) => `sign_in.failed of ${user}: ${message}`,
}

/** A line of the log in few words; undefined for one that says nothing to who watches. */
export function shownEvent(line: LogLine): string | undefined {
  const show = words[line.event]
  const fields = line as unknown as Record<string, string>
  return show === undefined ? undefined : `${fields['time']?.slice(11, 19)}  ${show(fields)}`
}
