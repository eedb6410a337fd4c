import { Accounts } from '../../accounts/accounts.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Finding } from '../../configuration/finding.ts'
import { accountFindings } from './account-values.ts'
import { certificateFindings } from './certificates.ts'
import { confinementFindings, readConfinement } from './confinement.ts'
import { engineFindings } from './engine.ts'
import { environmentFindings } from './environment.ts'
import { placeFindings } from './places.ts'
import { programFindings } from './programs.ts'
import { secretFindings } from './secrets.ts'
import { strandedFindings } from './stranded.ts'

/**
 * Finds what would otherwise show only at a start, a sign-in or a notice: things that the
 * configuration names and that do not exist, or are not usable by the user of this process. Changes
 * nothing, runs no program and asks nobody. Empty if all is well.
 */
export async function inspect(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const accounts = [...Accounts.from(configuration).all()]
  return [
    ...environmentFindings(accounts, env),
    ...configuration.accounts.flatMap((account) => accountFindings(account, configuration)),
    ...(await secretFindings(accounts, env)),
    ...(await engineFindings(configuration, env)),
    ...programFindings(configuration, env),
    ...placeFindings(configuration, env),
    ...strandedFindings(configuration),
    ...(await certificateFindings(configuration)),
  ]
}

/** The same, and what confines the daemon, which is never a fault. */
export async function inspectAll(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const findings = await inspect(configuration, env)
  return [...findings, ...confinementFindings(configuration, env, readConfinement())]
}
