/** Loaded before whatever asks Node for the home directory, so that it is always told one. */
import { homedir } from 'node:os'

/**
 * $HOME, else that of passwd(5), else the root directory: `ask` throws where the user has no entry
 * there, as in many containers, and repeats a $HOME that is empty.
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
