import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfiguration } from '../../src/configuration-file/load.ts'
import type { Configuration } from '../../src/configuration/configuration.ts'
import { isCmsOauthError } from '../../src/errors.ts'

/** An account that a configuration needs to be one. */
export const account = '[[account]]\nuser = "u@x"\nprovider = "office365"\nclient_id = "c"\n'

const env = { XDG_RUNTIME_DIR: '/run/user/1' }

/** What the loader makes of a file with this text. */
export function loadText(toml: string | Buffer): Configuration {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  const file = join(directory, 'config.toml')
  try {
    writeFileSync(file, toml, { mode: 0o600 })
    return loadConfiguration({ file, env })
  } catch (error) {
    if (isCmsOauthError(error)) error.message = error.message.replaceAll(file, 'FILE')
    throw error
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** How the loader refuses a file with this text; the file's path is FILE in it. */
export function refusalOf(toml: string | Buffer): string[] {
  try {
    loadText(toml)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [error.code, error.message, error.hint]
  }
  throw new Error('nothing was refused')
}
