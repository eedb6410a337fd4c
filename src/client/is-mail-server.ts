import { mailServers } from '../provider-facts/mail-services.ts'

/**
 * Whether a server may be given a token without being named by the person, in any case of letters,
 * with or without a port and a final dot: whoever makes git or Emacs ask for another one would be
 * given the mailbox. examples/emacs/cms-oauth.el has the same list.
 */
export function isMailServer(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').replace(/\.$/, '')
  return mailServers.includes(name.toLowerCase())
}
