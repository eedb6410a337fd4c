import { statSync } from 'node:fs'
import { runtimeDirectory } from '../configuration/paths.ts'

/** Where a daemon of one's own and that of the machine have a socket. */
export interface Places {
  own: string
  system: string
}

/** How the daemon at a place is started, in a hint, and where its socket is set otherwise. */
interface Advice {
  places: Places
  /** The environment variable that names the socket, and the option. */
  variable: string
  option: string
}

const startOwn = '"systemctl --user start cms-oauthd" or "cms-oauthd"'
const startSystem =
  'run as root "systemctl start cms-oauthd"; if it ends again, "journalctl -u cms-oauthd" says why'

/** The places of the token socket. */
export function tokenPlaces(env: NodeJS.ProcessEnv): Places {
  return { own: `${runtimeDirectory(env)}/cms.sock`, system: '/run/cms-oauth/cms.sock' }
}

/**
 * What to do where nobody answers at `path`: first of all, to use the socket that is at the other place,
 * of the machine's daemon or of one's own. Undefined where there is none, and `path` is not the machine's.
 */
export function adviceElsewhere(path: string, advice: Advice): string | undefined {
  const { own, system } = advice.places
  const { variable, option } = advice
  if (path !== system && isSocket(system)) {
    return `the daemon of the machine has its socket at "${system}": set ${variable} to that, or name it with ${option}; start one of your own by ${startOwn}`
  }
  if (path !== own && isSocket(own)) {
    return `a daemon of your own has its socket at "${own}": unset ${variable}, or name that with ${option}${path === system ? `; for the one of the machine ${startSystem}` : ''}`
  }
  return path === system ? startSystem : undefined
}

function isSocket(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
  } catch {
    return false
  }
}
