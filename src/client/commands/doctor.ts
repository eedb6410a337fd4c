import { errorFinding, type Finding, ok, warning } from '../../configuration/finding.ts'
import { parseServer } from '../../mail/mail-server.ts'
import { protocols } from '../../sasl/output-format.ts'
import { inOrder } from '../doctor/in-order.ts'
import { Report } from '../doctor/report.ts'
import { isLoaded, lookAround, type Outset, survey } from '../doctor/survey.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'

/**
 * `doctor [ADDRESS]`: checks everything between the configuration and the mail server, one line for
 * each check, as soon as it and those before it are done. Returns 0 if nothing fails, else the highest
 * exit status of the failures.
 * @throws AccountUnknownError for an address that is not configured, UsageError
 */
export async function runDoctor(line: CommandLine): Promise<number> {
  requireServers(line.options)
  const outset = await lookAround(line)
  const report = new Report()
  report.add([configurationFinding(outset)])
  // The daemon is at work while the checks are loaded.
  const [seen, { checksOf }] = await Promise.all([survey(outset), import('../doctor/checks.ts')])
  for await (const findings of inOrder(checksOf(seen, line.options))) report.add(findings)
  return report.end()
}

/** What is wrong with the command line is said before anything else. @throws UsageError */
function requireServers(options: CommandLine['options']): void {
  for (const protocol of protocols) {
    const given = options[loginTestOptions[protocol]]
    if (given !== undefined) parseServer(given, protocol)
  }
}

function configurationFinding({ configuration, daemonFile }: Outset): Finding {
  if (!isLoaded(configuration)) return errorFinding('configuration', configuration)
  const { file, accounts, sockets } = configuration
  if (daemonFile !== undefined && daemonFile !== file) {
    const text = `${file}: the daemon reads "${daemonFile}"`
    return warning('configuration', text, 'name the file of the daemon, or none')
  }
  return ok(
    'configuration',
    `${file}: accounts: ${accounts.length}, token sockets: ${sockets.length}`,
  )
}
