/** Loaded before anything asks Node for the home directory, so that there always is one. */
import { homedir } from 'node:os'

/**
 * $HOME, else that of passwd(5), else the root directory: `ask` throws if the user has no entry
 * there, as in many containers, and returns an empty $HOME as it is.
 */
export function knownHome(env: NodeJS.ProcessEnv, ask: () => string = homedir): string {
  if (env['HOME'] === '') delete env['HOME']
  try {
    return ask()
  } catch {
    return '/'
  }
}

process.env['HOME'] = knownHome(process.env)
