/** Where the messages are kept that no outbox could be given: a place that is the caller's own. */
import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { isTrusted } from '../files/trusted-owner.ts'

/**
 * The directory that a user's home has for it, or $XDG_STATE_HOME; undefined without a home. What the environment
 * names counts where it can be the caller's own: root keeps nothing in the home of the user that it came from, and
 * hands over nothing from there as root.
 */
export function unsentDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const state = env['XDG_STATE_HOME'] ?? ''
  if (state.startsWith('/') && !isOfStranger(state)) return inState(state)
  const home = homeDirectory(env)
  return home === undefined ? undefined : unsentIn(home)
}

/** The directory in a home. */
export function unsentIn(home: string): string {
  return inState(join(home, '.local', 'state'))
}

/** $HOME, where that can be written and is nobody else's; else that of the user database, if it is there. */
export function homeDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const home = env['HOME'] ?? ''
  if (home.startsWith('/') && isUsable(home)) return home
  const known = knownHome()
  if (known !== undefined && isUsable(known)) return known
  return home.startsWith('/') && !isOfStranger(home) ? home : undefined
}

function inState(directory: string): string {
  return join(directory, 'cms-oauth', 'unsent')
}

function isUsable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return !isOfStranger(directory)
  } catch {
    return false
  }
}

function isOfStranger(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found !== undefined && !isTrusted(found.uid)
  } catch {
    return false
  }
}

/** PHP-FPM and others start programs without HOME. Loaded for them alone: sendmail starts for every mail of cron. */
function knownHome(): string | undefined {
  try {
    return process.getBuiltinModule('node:os').userInfo().homedir
  } catch {
    return undefined
  }
}
