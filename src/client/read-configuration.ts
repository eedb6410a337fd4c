import type { Configuration } from '../configuration/configuration.ts'
import type { ConfigurationSource } from '../configuration-file/load.ts'

/**
 * The checked configuration. TOML and its schema take longer to load than all else of a command: they
 * are, when somebody asks. @throws CmsOauthError as loadConfiguration
 */
export async function readConfiguration(source: ConfigurationSource): Promise<Configuration> {
  const { loadConfiguration } = await import('../configuration-file/load.ts')
  return loadConfiguration(source)
}
