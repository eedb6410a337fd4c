import { version } from './version.ts'

/** Defined by bundle.mjs: a hash of the sources that the programs were built from. */
declare const CMS_OAUTH_BUILD_ID: string | undefined

/** Identifies a build: the same in all programs of one build, different in every other. */
export const buildId: string =
  typeof CMS_OAUTH_BUILD_ID === 'undefined' ? version : CMS_OAUTH_BUILD_ID

/** The environment variable in which the daemon gives its children its build ID. */
export const buildVariable = 'CMS_OAUTH_BUILD'

const exitProtocol = 76

/**
 * Exits if the parent is of another build, before the child does anything: its messages and records
 * may differ from those of a daemon that was started from older files.
 */
export function requireBuildOfParent(env: NodeJS.ProcessEnv): void {
  const ofParent = env[buildVariable]
  if (ofParent !== undefined && ofParent !== buildId) process.exit(exitProtocol)
}
