import { join } from 'node:path'
import { childEnvironment } from '../../child-process/environment.ts'
import { confinementSubject, errorFinding, type Finding, ok } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { isLoaded, type Survey } from './survey.ts'

/** Subjects that `doctor` reports in lines of their own. */
const otherwiseTold = ['store', 'key', 'clock']

/**
 * Checks that everything the configuration names exists: for the daemon's user, or without a daemon
 * for the user who runs this. These are the checks of `cms-oauthd --check`.
 */
export async function checkSurroundings(seen: Survey): Promise<Finding[]> {
  const { configuration, accounts, user } = seen
  if (!isLoaded(configuration)) return []
  try {
    const findings = await findingsFor(seen, configuration.file)
    const known = accounts.map((account) => account.user)
    const about = findings
      .filter(({ subject }) => !otherwiseTold.includes(subject))
      .filter((finding) => user === undefined || [undefined, user].includes(finding.user))
    if (about.some(({ level }) => level !== 'ok')) return about
    const whose = known.length === 1 ? known[0] : 'all accounts'
    return [
      ...about,
      ok('surroundings', `secrets, programs, directories, groups and variables: fine for ${whose}`),
    ]
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [errorFinding('surroundings', error)]
  }
}

async function findingsFor({ daemon }: Survey, file: string): Promise<Finding[]> {
  if ('pid' in daemon && daemon.findings !== undefined) return daemon.findings
  const { ConfigurationReader } = await import('../../child-process/configuration-reader.ts')
  const reader = new ConfigurationReader({
    modulePath: join(import.meta.dirname, 'cms-oauth-configuration.cjs'),
    env: childEnvironment(process.env),
  })
  const { findings } = await reader.inspect(file)
  return findings.filter(({ subject }) => subject !== confinementSubject)
}
