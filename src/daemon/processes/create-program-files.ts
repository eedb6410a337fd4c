import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPackage } from '../../package/find-package.ts'
import { ProgramFiles } from '../../package/program-files.ts'

/** This process, its children, and the libraries that a renewer loads when it needs them. */
const programs = [
  'cms-oauthd',
  'cms-oauth-configuration',
  'cms-oauth-renewer',
  'cms-oauth-msal',
  'cms-oauth-google-auth',
  'cms-oauth-bridge',
  'cms-oauth-follower',
  'cms-oauth-sender',
  'cms-oauth-outbox',
]

/** What this process and its children are started from, as it is now. */
export function createProgramFiles(env: NodeJS.ProcessEnv): ProgramFiles {
  const bundles = programs.map((name) => join(import.meta.dirname, `${name}.cjs`))
  const paths = [...bundles, ...koffiFile(), process.execPath]
  return new ProgramFiles({ paths, restart: restartAdvice(env, readCgroups()) })
}

/** How the daemon is restarted, by what systemd said to its main process (systemd.exec(5)). */
export function restartAdvice(env: NodeJS.ProcessEnv, cgroups: string): string {
  const path = /^0::(.*)$/m.exec(cgroups)?.[1] ?? ''
  const unit = path.split('/').findLast((name) => name.endsWith('.service'))
  // The variable alone is what a shell below another unit may have inherited.
  if (env['NOTIFY_SOCKET'] === undefined || unit === undefined) return 'restart cms-oauthd'
  const scope = /\/user@\d+\.service\//.test(path) ? ' --user' : ''
  return `run "systemctl${scope} restart ${unit}"`
}

function readCgroups(): string {
  try {
    return readFileSync('/proc/self/cgroup', 'utf8')
  } catch {
    return ''
  }
}

function koffiFile(): string[] {
  const directory = findPackage('koffi', import.meta.dirname)
  return directory === undefined ? [] : [join(directory, 'package.json')]
}
