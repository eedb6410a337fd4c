import type { ConfigurationReader } from '../child-process/configuration-reader.ts'
import type { Finding } from '../configuration/finding.ts'
import { ConfigInvalidError } from '../errors.ts'

/**
 * `cms-oauthd --check`: the file, and what it names, for the user who runs this.
 * @throws CmsOauthError as loadConfiguration does; ConfigInvalidError with a line for each failure
 */
export async function check(
  reader: Pick<ConfigurationReader, 'inspect'>,
  configFile: string | undefined,
): Promise<void> {
  const { file, findings } = await reader.inspect(configFile)
  for (const { text, hint } of findings.filter(({ level }) => level === 'warning')) {
    process.stderr.write(`cms-oauthd: warning: ${text}\ncms-oauthd: hint: ${hint}\n`)
  }
  const failures = findings.filter(({ level }) => level === 'failure')
  if (failures.length > 0) throw refusal(failures)
  process.stdout.write(`${file}: ok\n`)
}

function refusal(failures: readonly Finding[]): ConfigInvalidError {
  const [first, ...others] = failures
  const lines = failures.map(({ text, hint }) => (others.length > 0 ? `${text} (${hint})` : text))
  const hint = others.length > 0 ? 'each of these would stop a start or a sign-in' : first?.hint
  return new ConfigInvalidError(lines.join('\n'), hint === undefined ? {} : { hint })
}
