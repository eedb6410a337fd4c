import type { Confinement } from '../messages/confinement.ts'
import { buildId, buildVariable } from '../package/build-id.ts'

/**
 * All that a program which the daemon starts gets of its environment; nothing that makes Node or the
 * dynamic linker load, print or send something, whatever the next such variable is called. The daemon's
 * first lines leave it the same, and what systemd tells it.
 */
export const passedVariables = [
  // Where things are, for the child and for the programs that print secrets.
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  // The reader's: which file, and where its default paths lead.
  'CMS_OAUTH_CONFIG',
  'CMS_OAUTH_CONTROL',
  'STATE_DIRECTORY',
  'RUNTIME_DIRECTORY',
  // Of systemd: secrets, and the store's key.
  'CREDENTIALS_DIRECTORY',
  // The way to a provider.
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'CMS_OAUTH_EXTRA_CA',
  // The session's keyring and agents, and the dialogues that ask a person for their passwords.
  'DBUS_SESSION_BUS_ADDRESS',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'GNUPGHOME',
  'GPG_TTY',
  'SSH_AUTH_SOCK',
  // Language and time.
  'LANG',
  'LANGUAGE',
  'TZ',
  'TZDIR',
  'TERM',
]

/** XDG's directories, the locale, and what password managers are told: pass, 1Password, Bitwarden, Vault. */
const passedFamilies = /^(?:XDG|LC|PASSWORD_STORE|OP|BW|BWS|VAULT)_/

/** The environment of an operator's program that the daemon starts: it cannot speak to systemd for it. */
export function passedEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(
    ([name, value]) =>
      value !== undefined && (passedVariables.includes(name) || passedFamilies.test(name)),
  )
  return Object.fromEntries(passed)
}

/** The same for a program of ours; it exits at once in another build. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...passedEnvironment(env), [buildVariable]: buildId }
}

/**
 * The same for a child that speaks TLS. The daemon's first lines move NODE_EXTRA_CA_CERTS out of
 * Node's way: reading it costs 40 ms, and no TLS is spoken there.
 */
export function networkEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { CMS_OAUTH_EXTRA_CA: authorities = '', ...others } = childEnvironment(env)
  return authorities === '' ? others : { ...others, NODE_EXTRA_CA_CERTS: authorities }
}

/** Tells a child what it may open; nobody else can, since the variable is passed on to nobody. */
const confinementVariable = 'CMS_OAUTH_CONFINEMENT'

/** An environment for a child that closes all else to itself as the first thing it does. */
export function confinedEnvironment(
  env: NodeJS.ProcessEnv,
  confinement: Confinement,
): NodeJS.ProcessEnv {
  return { ...env, [confinementVariable]: JSON.stringify(confinement) }
}

/** Takes what this child may open out of its environment; undefined where it is not confined. */
export function takeConfinement(env: NodeJS.ProcessEnv): Confinement | undefined {
  const { [confinementVariable]: told } = env
  delete env[confinementVariable]
  return told === undefined ? undefined : (JSON.parse(told) as Confinement)
}
