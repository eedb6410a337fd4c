import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StoreKeySource } from '../../configuration/configuration.ts'
import { StoreUnreadableError } from '../../errors.ts'
import { createFileDurably } from '../../files/durable-file.ts'
import { requireFileAccess } from '../../files/file-access.ts'
import { requirePrivateDirectory } from '../../files/safe-directory.ts'
import { explain } from '../../files/system-error.ts'
import { type KeyringOptions, readKeyring } from '../../secrets/keyring.ts'
import { runSecretCommand } from '../../secrets/secret-command.ts'

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
      return keyFrom(readCredential(source.name, options), `the credential "${source.name}"`)
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
  try {
    const found = readPrivateFile(path)
    if (found !== undefined) return found
    if (!isStoreEmpty) {
      throw new StoreUnreadableError(`the store's key file "${path}" is missing`, {
        hint: 'restore it from a backup; without it the records are lost: move them away and sign in again',
      })
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    requirePrivateDirectory(dirname(path))
    const material = Buffer.from(`${randomBytes(leastMaterialBytes).toString('hex')}\n`)
    createFileDurably(path, material)
    // Another daemon that shares the key file may have made it first.
    return readPrivateFile(path) ?? material
  } catch (error) {
    throw explain(path, error)
  }
}

/** Undefined where there is no such file. */
function readPrivateFile(path: string): Buffer | undefined {
  let fd
  try {
    // Not blocking: a FIFO in its place would hold us up forever.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    requireSecret(path, fd)
    requirePrivateDirectory(dirname(path))
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

function requireSecret(path: string, fd: number): void {
  requireFileAccess({ path, what: `the store's key "${path}"`, kind: 'secret' }, fstatSync(fd))
}

function readCredential(name: string, { env = process.env }: KeyOptions): Buffer {
  const directory = env['CREDENTIALS_DIRECTORY']
  if (directory === undefined) {
    throw new StoreUnreadableError(`there are no credentials: the key "${name}" cannot be read`, {
      hint: `start cms-oauthd under systemd with LoadCredential=${name}:PATH`,
    })
  }
  const path = join(directory, name)
  try {
    return readFileSync(path)
  } catch (error) {
    throw explain(path, error)
  }
}

async function runCommand(argv: readonly string[], options: KeyOptions): Promise<Buffer> {
  const { commandLimitMs = defaultCommandLimitMs } = options
  const outcome = await runSecretCommand(argv, commandLimitMs)
  if ('output' in outcome) return outcome.output
  throw new StoreUnreadableError(`the key command "${argv[0]}" failed: ${outcome.failure}`, {
    hint: 'run it by hand as the user of cms-oauthd; it must print the key without asking anything',
  })
}
