import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfiguration } from '../../src/configuration-file/load.ts'
import type { Configuration } from '../../src/configuration/configuration.ts'
import { isCmsOauthError } from '../../src/errors.ts'
import { expectedError, type Names } from '../support/golden.ts'

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

/**
 * The loader refuses a file with this text, and names `place`, a line and a key like
 * `5: key "tenant"`; the sentence is in the golden file.
 */
export function assertRefused(
  toml: string | Buffer,
  place: string,
  sentence: string,
  names: Names = {},
): void {
  const expected = expectedError('config_invalid', sentence, { place: `FILE:${place}`, ...names })
  assert.throws(() => loadText(toml), expected)
}
