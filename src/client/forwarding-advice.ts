import { hostname, userInfo } from 'node:os'

/**
 * How a person who is logged in over SSH opens the page in the browser of their own machine: the
 * ssh command with the page's port, and with the address and port that their connection came to.
 */
export function forwardingAdvice(pageUrl: string, user: string, env: NodeJS.ProcessEnv): string {
  const { port } = new URL(pageUrl)
  const [, , address = hostname(), sshPort = '22'] = env['SSH_CONNECTION']?.split(' ') ?? []
  // Under sudo the user who logged in is another one.
  const login = env['SUDO_USER'] ?? ownName()
  const options = sshPort === '22' ? '' : `-p ${sshPort} `
  return `Is your browser on another machine? Then run this there first, and leave it running:

  ssh ${options}-L ${port}:127.0.0.1:${port} ${login}@${address}

(Or with the name by which you reach this machine, where that is not ${address}.)
Or press Ctrl-C, and run "cms-oauth login ${user} --paste", which needs no ssh -L.
`
}

function ownName(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry in passwd(5).
    return 'USER'
  }
}
