import type { ConfigurationReader } from '../child-process/configuration-reader.ts'
import type { Finding } from '../configuration/finding.ts'
import { ConfigInvalidError } from '../errors.ts'

const judgedLater = 'provider_rejected'

/**
 * `cms-oauthd --check`: the file, and what it names, for the user who runs this. What is for the provider to
 * judge, as a client_id that does not look like one, is only a warning.
 * @throws CmsOauthError as loadConfiguration does; ConfigInvalidError with a line for each failure
 */
export async function check(
  reader: Pick<ConfigurationReader, 'inspect'>,
  configFile: string | undefined,
): Promise<void> {
  const { file, findings } = await reader.inspect(configFile)
  const faults = findings.filter(({ level }) => level !== 'ok')
  for (const { text, hint } of faults.filter((finding) => !isFailure(finding))) {
    process.stderr.write(`cms-oauthd: warning: ${text}\ncms-oauthd: hint: ${hint}\n`)
  }
  const failures = faults.filter(isFailure)
  if (failures.length > 0) throw refusal(failures)
  process.stdout.write(`${file}: ok\n`)
}

function isFailure({ level, code }: Finding): boolean {
  return level === 'failure' && code !== judgedLater
}

function refusal(failures: readonly Finding[]): ConfigInvalidError {
  const [first, ...others] = failures
  const lines = failures.map(({ text, hint }) => (others.length > 0 ? `${text} (${hint})` : text))
  const hint = others.length > 0 ? 'each of these would stop a start or a sign-in' : first?.hint
  return new ConfigInvalidError(lines.join('\n'), hint === undefined ? {} : { hint })
}
