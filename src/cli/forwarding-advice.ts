import { hostname, userInfo } from 'node:os'

/**
 * How whoever is here over SSH brings the page to the browser where they sit: the command with the
 * page's port, and with the address and port that their own connection came to.
 */
export function forwardingAdvice(pageUrl: string, user: string, env: NodeJS.ProcessEnv): string {
  const { port } = new URL(pageUrl)
  const [, , address = hostname(), sshPort = '22'] = env['SSH_CONNECTION']?.split(' ') ?? []
  // Under sudo it was somebody else who logged in.
  const login = env['SUDO_USER'] ?? userInfo().username
  const options = sshPort === '22' ? '' : `-p ${sshPort} `
  return `The browser sits elsewhere? Run this there first, and leave it open:

  ssh ${options}-L ${port}:127.0.0.1:${port} ${login}@${address}

(The address is the one that you came by; use the name you know this machine by.)
Or end this, and run "cms-oauth login ${user} --paste", which needs no ssh -L.
`
}
