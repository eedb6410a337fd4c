import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { StoreKeySource } from '../../configuration/configuration.ts'
import { StoreUnreadableError } from '../../errors.ts'
import { createFileDurably } from '../../files/durable-file.ts'
import { type NamedFile, makeDirectoryOf } from '../../files/file-access.ts'
import { readFileIfThere, readFileInBackground } from '../../files/read-file.ts'
import { explain } from '../../files/system-error.ts'
import { type KeyringOptions, readKeyring } from '../../secrets/keyring.ts'
import { runSecretCommand } from '../../secrets/secret-command.ts'
import { storeKeyFile } from '../../secrets/store-key-file.ts'

/** The key that seals every record. */
export interface MasterKey {
  bytes: Buffer
  /** Names the key without giving it away: 16 hexadecimal digits. */
  id: string
}

interface KeyOptions extends KeyringOptions {
  commandLimitMs?: number
}

const leastMaterialBytes = 32
const defaultCommandLimitMs = 20_000

/**
 * Reads the key; makes one, in a file or the keyring, where there is none and nothing is sealed with
 * another.
 * @throws StoreUnreadableError, InsecureFileModeError, StoreLockedError while the keyring is locked
 */
export async function loadMasterKey(
  source: StoreKeySource,
  options: KeyOptions,
): Promise<MasterKey> {
  switch (source.from) {
    case 'file':
      return keyFrom(readKeyFile(source.path, options), `the file "${source.path}"`)
    case 'credential':
      return keyFrom(await readCredential(source.name, options), `the credential "${source.name}"`)
    case 'keyring':
      return keyFrom(await readKeyring(options), 'the keyring')
    case 'command':
      return keyFrom(await runCommand(source.argv, options), `the command "${source.argv[0]}"`)
  }
}

function keyFrom(material: Buffer, origin: string): MasterKey {
  // The end of the line is not part of the key, but the last of 32 raw bytes is.
  const isLine = material.length > leastMaterialBytes && material.at(-1) === 0x0a
  const end = isLine ? material.length - 1 : material.length
  if (end < leastMaterialBytes) {
    throw new StoreUnreadableError(`the store's key from ${origin} is too short`, {
      hint: `it needs ${leastMaterialBytes} bytes at least; "openssl rand -hex 32" generates a good one`,
    })
  }
  const bytes = Buffer.from(
    hkdfSync('sha256', material.subarray(0, end), '', 'cms-oauth store', 32),
  )
  const id = createHmac('sha256', bytes).update('key id').digest('hex').slice(0, 16)
  return { bytes, id }
}

function readKeyFile(path: string, { isStoreEmpty }: KeyOptions): Buffer {
  const file = storeKeyFile(path)
  const found = readFileIfThere(file)
  if (found !== undefined) return found.bytes
  if (!isStoreEmpty) {
    throw new StoreUnreadableError(`the store's key file "${path}" is missing`, {
      hint: 'restore it from a backup; without it the records are lost: move them away and sign in again',
    })
  }
  const made = makeKeyFile(file)
  // Another daemon that shares the key file may have made it first.
  return readFileIfThere(file)?.bytes ?? made
}

function makeKeyFile(file: NamedFile): Buffer {
  const { path } = file
  const material = Buffer.from(`${randomBytes(leastMaterialBytes).toString('hex')}\n`)
  try {
    makeDirectoryOf(file)
    createFileDurably(path, material)
    return material
  } catch (error) {
    throw explain(path, error)
  }
}

async function readCredential(name: string, { env = process.env }: KeyOptions): Promise<Buffer> {
  const directory = env['CREDENTIALS_DIRECTORY']
  if (directory === undefined) {
    throw new StoreUnreadableError(`there are no credentials: the key "${name}" cannot be read`, {
      hint: `start cms-oauthd under systemd with LoadCredential=${name}:PATH`,
    })
  }
  const { bytes } = await readFileInBackground({
    path: join(directory, name),
    what: "store's key",
    kind: 'credential',
    unreadable: StoreUnreadableError,
    hint: 'check [store] key_credential, and LoadCredential= of the service',
  })
  return bytes
}

async function runCommand(argv: readonly string[], options: KeyOptions): Promise<Buffer> {
  const { commandLimitMs = defaultCommandLimitMs } = options
  const outcome = await runSecretCommand(argv, commandLimitMs)
  if ('output' in outcome) return outcome.output
  throw new StoreUnreadableError(`the key command "${argv[0]}" failed: ${outcome.failure}`, {
    hint: 'run it by hand as the user of cms-oauthd; it must print the key without asking anything',
  })
}
