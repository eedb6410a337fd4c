import { loopbackNames } from '../oauth/loopback-names.ts'
import { mailServers } from '../provider-facts/mail-services.ts'

/**
 * Whether a server may be given a token without being named by the person, in any case of letters,
 * with or without a port and a final dot: whoever makes git or Emacs ask for another one would be
 * given the mailbox. examples/emacs/cms-oauth.el has the same list.
 */
export function isMailServer(host: string): boolean {
  return mailServers.includes(nameOf(host))
}

/** Whether a server is in the domain of an address, or on this machine, where a tunnel to its server ends. */
export function isOwnServer(host: string, user: string): boolean {
  const name = nameOf(host)
  const domain = user.slice(user.lastIndexOf('@') + 1).toLowerCase()
  return name === domain || name.endsWith(`.${domain}`) || loopbackNames.includes(name)
}

function nameOf(host: string): string {
  const name = host.replace(/:\d{1,5}$/, '').replace(/\.$/, '')
  return name.toLowerCase()
}
