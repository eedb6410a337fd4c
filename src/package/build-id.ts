import { version } from './version.ts'

/** Put in by bundle.mjs: a hash of what the programs were made of. */
declare const CMS_OAUTH_BUILD_ID: string | undefined

/** What the programs of one build have in common, and no other build has. */
export const buildId: string =
  typeof CMS_OAUTH_BUILD_ID === 'undefined' ? version : CMS_OAUTH_BUILD_ID

/** The variable by which the daemon tells its children the build that it is of. */
export const buildVariable = 'CMS_OAUTH_BUILD'

const exitProtocol = 76

/**
 * Ends a child of another build before it does or says anything: its messages and its records may
 * have another form than those of the daemon that was started from older files.
 */
export function requireBuildOfParent(env: NodeJS.ProcessEnv): void {
  const ofParent = env[buildVariable]
  if (ofParent !== undefined && ofParent !== buildId) process.exit(exitProtocol)
}
