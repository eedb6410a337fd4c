/** Where the daemon finds its configuration, state and key. */
import './known-home.ts'
import { join } from 'node:path'
import envPaths from 'env-paths'

/** The places to look for the configuration; the first file that exists is used. */
export function configurationFiles(env: NodeJS.ProcessEnv): string[] {
  const named = env['CMS_OAUTH_CONFIG']
  if (named !== undefined && named !== '') return [named]
  return [join(configurationDirectory(), 'config.toml'), '/etc/cms-oauth/config.toml']
}

/** The directory of the sealed records. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  return systemdStateDirectories(env)[0] ?? envPaths('cms-oauth', { suffix: '' }).log
}

/** The key file when none is named: never beside the records. */
export function defaultKeyFile(env: NodeJS.ProcessEnv): string {
  const [, second] = systemdStateDirectories(env)
  return join(second ?? configurationDirectory(), 'store.key')
}

function configurationDirectory(): string {
  return envPaths('cms-oauth', { suffix: '' }).config
}

/** StateDirectory= with several entries arrives as a colon-separated list. */
function systemdStateDirectories(env: NodeJS.ProcessEnv): string[] {
  return (env['STATE_DIRECTORY'] ?? '').split(':').filter((directory) => directory !== '')
}
