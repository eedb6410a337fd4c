import { execFileSync } from 'node:child_process'
import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StoreKeySource } from '../config/configuration.ts'
import { StoreUnreadableError } from '../errors.ts'
import { createFileDurably } from './atomic-file.ts'
import { requirePrivate, requireSafeParents } from './safe-path.ts'

/** The key that seals every record. */
export interface MasterKey {
  bytes: Buffer
  /** Names the key without giving it away: 16 hexadecimal digits. */
  id: string
}

const leastMaterialBytes = 32
const commandLimitMs = 30_000

/**
 * Reads the key; makes the key file where there is none yet and nothing is sealed with another.
 * @throws StoreUnreadableError, InsecureFileModeError
 */
export function loadMasterKey(source: StoreKeySource, isStoreEmpty: boolean): MasterKey {
  switch (source.from) {
    case 'file':
      return keyFrom(readKeyFile(source.path, isStoreEmpty), `the file "${source.path}"`)
    case 'credential':
      return keyFrom(readCredential(source.name), `the credential "${source.name}"`)
    case 'command':
      return keyFrom(runCommand(source.argv), `the command "${source.argv[0]}"`)
  }
}

function keyFrom(material: Buffer, origin: string): MasterKey {
  const end = material.at(-1) === 0x0a ? material.length - 1 : material.length
  if (end < leastMaterialBytes) {
    throw new StoreUnreadableError(`the store's key from ${origin} is too short`, {
      hint: `it needs ${leastMaterialBytes} bytes at least; "openssl rand -hex 32" makes a good one`,
    })
  }
  const bytes = Buffer.from(
    hkdfSync('sha256', material.subarray(0, end), '', 'cms-oauth store', 32),
  )
  const id = createHmac('sha256', bytes).update('key id').digest('hex').slice(0, 16)
  return { bytes, id }
}

function readKeyFile(path: string, isStoreEmpty: boolean): Buffer {
  try {
    return readPrivateFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw translate(error, path)
  }
  if (!isStoreEmpty) {
    throw new StoreUnreadableError(`the store's key file "${path}" is missing`, {
      hint: 'bring it back from a backup; without it the records are lost: move them away and sign in anew',
    })
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    requireSafeParents(path)
    createFileDurably(path, Buffer.from(`${randomBytes(32).toString('hex')}\n`))
    return readPrivateFile(path)
  } catch (error) {
    throw translate(error, path)
  }
}

function readPrivateFile(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    requirePrivate(path, fstatSync(fd))
    requireSafeParents(path)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

function readCredential(name: string): Buffer {
  const directory = process.env['CREDENTIALS_DIRECTORY']
  if (directory === undefined) {
    throw new StoreUnreadableError(`there are no credentials: the key "${name}" cannot be read`, {
      hint: `start cms-oauthd under systemd with LoadCredential=${name}:PATH`,
    })
  }
  try {
    return readFileSync(join(directory, name))
  } catch (error) {
    throw translate(error, join(directory, name))
  }
}

function runCommand([program = '', ...rest]: readonly string[]): Buffer {
  try {
    return execFileSync(program, rest, {
      timeout: commandLimitMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch (error) {
    // The error of execFileSync holds the output, which may be the key: nothing of it is kept.
    const { status, code } = error as { status?: number; code?: string }
    throw new StoreUnreadableError(`the key command "${program}" failed (${code ?? status})`, {
      hint: 'run it by hand as the user of cms-oauthd',
    })
  }
}

function translate(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  return new StoreUnreadableError(`the store's key "${path}" cannot be read: ${code}`, {
    hint: 'look at the file and at the directories above it',
    cause: error,
  })
}
