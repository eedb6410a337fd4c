import { Accounts } from '../../accounts/accounts.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Finding } from '../../configuration/finding.ts'
import { accountFindings } from './account-values.ts'
import { environmentFindings } from './environment.ts'
import { placeFindings } from './places.ts'
import { programFindings } from './programs.ts'
import { secretFindings } from './secrets.ts'

/**
 * What would only show at a start, a sign-in or a notice: of everything that the configuration names,
 * what is not there, or not as it must be, for the user of this process. Nothing is changed, no program
 * run and nobody asked; empty where all is well.
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
    ...programFindings(configuration, env),
    ...placeFindings(configuration, env),
  ]
}
